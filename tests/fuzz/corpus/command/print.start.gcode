print.start {"path":"lid.gcode"}
