/* SPDX-License-Identifier: MIT */
/* What a light of a printer does. Pure. */
#pragma once

enum sim_lamp { SIM_LAMP_SAME /* as the first */, SIM_LAMP_OFF, SIM_LAMP_ON, SIM_LAMP_FLASHING };

/* SIM_LAMP_SAME when unknown. */
enum sim_lamp sim_lamp_by_name(const char *name);
const char *sim_lamp_name(enum sim_lamp lamp);
