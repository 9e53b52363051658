// SPDX-License-Identifier: GPL-2.0-or-later
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

void console_init(void)
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

void console_write(const char* text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        put_char(text[i]);
}
