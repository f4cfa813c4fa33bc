// Lua 5.4, and those parts of its API that are macros, which Swift cannot call.
#ifndef ROOST_CLUA_H
#define ROOST_CLUA_H

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

#endif
