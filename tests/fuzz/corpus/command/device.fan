device.fan {"fan":"part","percent":50}
