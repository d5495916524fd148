"""The device side: Direct Device Integration, 16 resources under /TENANT/controller/v1."""
