// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>

#include "lab.h"

// COM1, a 16550: data, interrupt enable, FIFO control, line control, modem control, line status.
#define COM1 0x3f8

static inline void outb(unsigned short port, unsigned char value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline unsigned char inb(unsigned short port)
{
    unsigned char value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void serial_init(void)
{
    outb(COM1 + 1, 0x00); // no interrupts
    outb(COM1 + 3, 0x80); // divisor latch
    outb(COM1 + 0, 0x01); // 115200 baud
    outb(COM1 + 1, 0x00);
    outb(COM1 + 3, 0x03); // eight bits, no parity, one stop bit
    outb(COM1 + 2, 0x07); // FIFO on and cleared
    outb(COM1 + 4, 0x03); // DTR, RTS
}

static void put_char(char c)
{
    while ((inb(COM1 + 5) & 0x20) == 0) { }
    outb(COM1, (unsigned char)c);
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

void printk(const char* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (const char* c = format; *c != '\0'; c++) {
        if (*c != '%') {
            put_char(*c);
        } else if (c[1] == 's') {
            put_text(va_arg(arguments, const char*));
            c++;
        } else if (c[1] == 'd') {
            put_number((unsigned long)va_arg(arguments, int), 10);
            c++;
        } else if (c[1] == 'l' && (c[2] == 'x' || c[2] == 'u')) {
            put_number(va_arg(arguments, unsigned long), c[2] == 'x' ? 16 : 10);
            c += 2;
        }
    }
    va_end(arguments);
    put_char('\n');
}
