// Lua behind a door that no error can jump over.
//
// Lua's errors are longjmp: they must never pass a Swift frame. So Swift calls nothing of Lua's own
// interface: what can raise runs here, behind lua_pcall, and what Lua calls in Swift comes back
// with a plain value, which is pushed, or raised, after the Swift frame is gone.
#ifndef ROOST_CLUABRIDGE_H
#define ROOST_CLUABRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a value is, and what a call in Swift ends with.
enum {
    CLUA_NIL = 0,
    CLUA_BOOLEAN = 1,
    CLUA_INTEGER = 2,
    CLUA_TEXT = 3,
    // A table, a function, a userdata: nothing that a function of the server takes.
    CLUA_OTHER = 4,
    // Only as a result: raise the text as an error, or end the script.
    CLUA_ERROR = 5,
    CLUA_EXIT = 6,
};

// Most arguments of one call.
enum { CLUA_ARGUMENTS_MAX = 8 };

// A value on its way between Lua and Swift; texts are borrowed until the call returns.
typedef struct {
    int32_t kind;
    int64_t integer;
    const uint8_t *text;
    size_t length;
} CLuaValue;

// A function of the server: its number, its arguments, and where the result goes.
typedef void (*CLuaCallback)(
    void *owner, int32_t function, const CLuaValue *arguments, int32_t count, CLuaValue *result);

typedef struct CLuaHost CLuaHost;

// How a run ended.
enum {
    CLUA_DONE = 0,
    // KSR.x.exit() or its like ended the script.
    CLUA_STOPPED = 1,
    // clua_error has the words.
    CLUA_FAILED = 2,
    // There is no function of that name.
    CLUA_MISSING = 3,
};

// A new interpreter with its libraries and without functions of the server; NULL without memory.
CLuaHost *clua_open(size_t memoryMax, int64_t instructionsMax, int64_t millisecondsMax);
void clua_close(CLuaHost *host);
// Who is asked for functions of the server from now on.
void clua_set_owner(CLuaHost *host, void *owner, CLuaCallback callback);
// Adds KSR.<object>.<name>, or KSR.<name> where the object is empty; false without memory.
bool clua_define(CLuaHost *host, const char *object, const char *name, int32_t function);
// Compiles a text, and runs it unless it is only to be checked.
int32_t clua_load(
    CLuaHost *host, const uint8_t *text, size_t length, const char *name, bool isRun);
// Calls a global function; result, which may be NULL, gets its first value if that is a number or
// a Boolean, and nil otherwise.
int32_t clua_run(
    CLuaHost *host, const char *name, const CLuaValue *arguments, int32_t count,
    CLuaValue *result);
// Whether there is a global function of that name.
bool clua_has(CLuaHost *host, const char *name);
// The words of the last error with its traceback.
const uint8_t *clua_error(const CLuaHost *host, size_t *length);
// Where the script stands that calls the server, "file:line"; empty elsewhere.
size_t clua_place(CLuaHost *host, uint8_t *text, size_t lengthMax);
// Bytes in use.
size_t clua_memory(const CLuaHost *host);
// Whether a run is under way.
bool clua_is_running(const CLuaHost *host);

#endif
