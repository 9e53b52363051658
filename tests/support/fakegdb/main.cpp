// SPDX-License-Identifier: GPL-2.0-or-later
// A stand-in for gdb's machine interface that misbehaves on request: each command names the misbehaviour.
#include <cctype>
#include <chrono>
#include <csignal>
#include <iostream>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

void say(const std::string& text) { std::cout << text << std::flush; }

[[noreturn]] void flood()
{
    while (std::cout)
        std::cout << "~\"noise\"\n";
    std::exit(0);
}

[[noreturn]] void endlessLine()
{
    const std::string block(65536, 'x');
    std::cout << "~\"";
    while (std::cout)
        std::cout << block;
    std::exit(0);
}

void answer(const std::string& token, const std::string& command)
{
    using std::chrono::milliseconds;
    if (command == "hang")
        std::this_thread::sleep_for(std::chrono::hours(1));
    else if (command == "late") {
        std::this_thread::sleep_for(milliseconds(200));
        say(token + "^done,late=\"yes\"\n(gdb) \n");
    } else if (command == "exit")
        std::exit(3);
    else if (command == "complain") {
        std::cerr << "first\nno more memory\n" << std::flush;
        std::exit(1);
    } else if (command == "crash")
        ::kill(::getpid(), SIGKILL);
    else if (command == "flood")
        flood();
    else if (command == "endless")
        endlessLine();
    else if (command == "error")
        say(token + "^error,msg=\"No symbol \\\"x\\\".\"\n(gdb) \n");
    else if (command == "garbage")
        say("\x01\xff nonsense\n^\n^done\n99999^done\nabc" + token + "^done,no=\"1\"\n" + token
            + "^done,real=\"1\"\n");
    else if (command == "async")
        say("*running,thread-id=\"all\"\n@\"out\\n\"\n=x,y=\"1\"\n" + token + "^done\n~\"after\"\n(gdb) \n");
    else if (command == "half")
        say(token + "^done,cut=\"");
    else
        say(token + "^done,command=\"" + command + "\"\r\n(gdb) \n");
}

} // namespace

int main()
{
    std::signal(SIGPIPE, SIG_DFL);
    std::string line;
    while (std::getline(std::cin, line)) {
        std::size_t digits = 0;
        while (digits < line.size() && std::isdigit(static_cast<unsigned char>(line[digits])) != 0)
            ++digits;
        answer(line.substr(0, digits), line.substr(digits));
    }
    return 0;
}
