/* SPDX-License-Identifier: MIT */
/* Between the test frame, which speaks to the host's libc, and the machine under test. */
#include "arch/host/host.h"
#include "kernel/string.h"
#include "test/unit/unit.h"

void unit_map_memory(void)
{
    host_map_memory();
}

void unit_boot(void)
{
    host_boot();
}

void unit_expect_panic(jmp_buf *env)
{
    host_panic_expected = env;
}

void unit_check_panic(const char *file, int line, const char *text)
{
    char what[1024];

    if (strstr(host_panic_message, text))
        return;
    snprintf(what, sizeof(what), "the panic says \"%s\", not \"%s\"", host_panic_message, text);
    unit_fail(file, line, what);
}
