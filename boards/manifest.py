# A whole device, frozen: MicroPython's own modules, the library, boot.py and main.py. They come
# with an image and go back with it. For a main.py of your own include manifest_library.py.
include("manifest_library.py")
module("boot.py", opt=3)
module("main.py", opt=3)
