// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>

#include "lab.h"

#define LINE_SIZE 256

static char line[LINE_SIZE];
static size_t used;

static void put_char(char c)
{
    if (used < LINE_SIZE)
        line[used++] = c;
}

static void put_text(const char* text)
{
    for (; *text != '\0'; text++)
        put_char(*text);
}

static void put_number(unsigned long value, unsigned int base)
{
    char digits[24];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0)
        put_char(digits[--count]);
}

static void put_signed(int value)
{
    if (value < 0)
        put_char('-');
    put_number(value < 0 ? -(unsigned long)value : (unsigned long)value, 10);
}

void printk(const char* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    used = 0;
    for (const char* c = format; *c != '\0'; c++) {
        if (*c != '%') {
            put_char(*c);
        } else if (c[1] == 's') {
            put_text(va_arg(arguments, const char*));
            c++;
        } else if (c[1] == 'd') {
            put_signed(va_arg(arguments, int));
            c++;
        } else if (c[1] == 'l' && (c[2] == 'x' || c[2] == 'u')) {
            put_number(va_arg(arguments, unsigned long), c[2] == 'x' ? 16 : 10);
            c += 2;
        }
    }
    va_end(arguments);
    if (used == LINE_SIZE)
        used--;
    put_char('\n');
    console_write(line, used);
}
