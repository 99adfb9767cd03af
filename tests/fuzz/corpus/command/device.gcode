device.gcode {"lines":["G28","M104 S0 ; \"off\""]}
