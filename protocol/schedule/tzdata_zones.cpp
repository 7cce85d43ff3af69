#include "protocol/schedule/slots.hpp"
