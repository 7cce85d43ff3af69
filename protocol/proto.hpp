// All generated messages at once, for the few source files that handle many of them. Do not include
// this from other headers of the server or the client core.
#pragma once

#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"
