# SPDX-License-Identifier: MIT
# Makes the kernel's own symbol table from `nm -n`: kernel/ksyms.c reads it. Text symbols only; of
# each address the low 32 bits, which are all that differs. No input makes an empty table.
BEGIN { n = 0 }
$2 ~ /^[tT]$/ && $3 !~ /^[.$]/ && $1 != last {
    last = $1
    address[n] = substr($1, length($1) - 7)
    name[n++] = $3
}
END {
    print ".section .ksyms, \"a\""
    print ".balign 4"
    print ".globl ksyms_count, ksyms_addresses, ksyms_names"
    printf "ksyms_count: .4byte %d\n", n
    print "ksyms_addresses:"
    for (i = 0; i < n; i++)
        printf ".4byte 0x%s\n", address[i]
    print "ksyms_names:"
    for (i = 0; i < n; i++)
        printf ".asciz \"%s\"\n", name[i]
    print ".section .note.GNU-stack, \"\", %progbits"
}
