device.move {"axis":"x","mm":10}
"gcode_state":"IDLE"