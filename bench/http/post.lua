-- wrk posts the file that WRK_BODY names with the media type in WRK_TYPE.
wrk.method = "POST"
wrk.headers["Content-Type"] = os.getenv("WRK_TYPE")
local file = assert(io.open(os.getenv("WRK_BODY"), "rb"))
wrk.body = file:read("*a")
file:close()
