// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

// The compiler may call these two for plain assignments, even in freestanding code.
void* memset(void* destination, int value, size_t size)
{
    void* next = destination;
    __asm__ volatile("rep stosb" : "+D"(next), "+c"(size) : "a"(value) : "memory");
    return destination;
}

void* memcpy(void* destination, const void* source, size_t size)
{
    void* next = destination;
    __asm__ volatile("rep movsb" : "+D"(next), "+S"(source), "+c"(size) : : "memory");
    return destination;
}

bool same_text(const char* a, const char* b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}
