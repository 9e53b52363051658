// SPDX-License-Identifier: GPL-2.0-or-later
// The completion scripts, run by the shells that they are for.
#include "tests/support/catch.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/filter/fields.h"
#include "core/linux/events.h"
#include "core/rules/rule.h"
#include "pgtrunner.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

/// What a command line of the shell prints.
std::string output(const std::string& command)
{
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string text;
    std::array<char, 4096> buffer;
    while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        text.append(buffer.data(), size);
    ::pclose(pipe);
    return text;
}

/// A script in a directory with a recording; what it offers after the words of a line.
class Completion {
public:
    explicit Completion(const std::string& shell)
        : m_shell(shell)
    {
        const PgtRun run = runPgt({"help", "--completion", shell});
        REQUIRE(run.status == 0);
        std::ofstream(m_directory / "script") << run.out;
        for (const char* file : {"boot.pgtrec", "my boot.pgtrec", "notes.txt"})
            std::ofstream(m_directory / file) << "x";
        std::filesystem::create_directories(m_directory / "run/pgtscope/debian-1");
    }

    /// Somebody makes a directory there, where those of the running guests are.
    void makeInRunDirectory(const std::string& name) const
    {
        std::filesystem::create_directories(m_directory / "run/pgtscope" / name);
    }
    bool hasFile(const std::string& name) const { return std::filesystem::exists(m_directory / name); }

    std::set<std::string> after(const std::string& line) const
    {
        const std::string script = "'" + (m_directory / "script").string() + "'";
        std::string program;
        if (m_shell == "bash")
            program = "compopt() { :; }; source " + script + "; COMP_WORDS=(" + line + " \"$1\"); "
                + "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _pgt; printf '%s\\n' \"${COMPREPLY[@]}\"";
        else if (m_shell == "zsh")
            program = "compadd() { shift; print -l -- \"$@\" }; _files() { print -rl -- ${~2} }; words=("
                + line + " \"$1\"); CURRENT=${#words}; source " + script;
        else
            program = "source " + script + "; complete -C \"" + line + " " + m_begun + "\" | cut -f1";
        std::set<std::string> offered;
        std::istringstream lines(output(
            "cd '" + m_directory.path().string() + "' && XDG_RUNTIME_DIR=$PWD/run " + command(program)));
        for (std::string word; std::getline(lines, word);)
            if (word.starts_with(m_begun))
                offered.insert(word);
        return offered;
    }

    /// With the word that is being typed begun like this.
    std::set<std::string> after(const std::string& line, const std::string& begun)
    {
        m_begun = begun;
        auto offered = after(line);
        m_begun.clear();
        return offered;
    }

private:
    std::string command(const std::string& program) const
    {
        std::string quoted;
        for (const char c : program)
            quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
        const bool fish = m_shell == "fish";
        return (m_shell == "zsh" ? "zsh -f"
                       : fish    ? "fish --no-config"
                                 : "bash --norc")
            + std::string(" -c '") + quoted + (fish ? "' '" : "' " + m_shell + " '") + m_begun + "'";
    }

    std::string m_shell;
    std::string m_begun;
    test::TemporaryDirectory m_directory;
};

} // namespace

TEST_CASE("completion knows commands, options, guests, recordings, rules, fields and events, in each shell")
{
    const std::string shell = GENERATE("bash", "zsh", "fish");
    INFO(shell);
    Completion completion(shell);
    const auto commands = completion.after("pgt");
    CHECK(commands.contains("walk"));
    CHECK(commands.contains("guest"));
    CHECK_FALSE(commands.contains("fetch"));
    CHECK(completion.after("pgt guest") == std::set<std::string>{"list", "fetch", "stop"});

    const auto options = completion.after("pgt walk", "--");
    CHECK(options.contains("--filter"));
    CHECK(options.contains("--connect"));
    CHECK_FALSE(options.contains("--durable"));

    CHECK(completion.after("pgt launch").contains("lab"));
    CHECK(completion.after("pgt guest fetch").contains("debian"));
    CHECK(completion.after("pgt show").contains("boot.pgtrec"));
    CHECK(completion.after("pgt show").contains("my boot.pgtrec"));
    if (shell != "fish") // which offers them after the recordings
        CHECK_FALSE(completion.after("pgt show").contains("notes.txt"));
    CHECK(completion.after("pgt record lab -o").contains("boot.pgtrec"));
    CHECK(completion.after("pgt walk --kernel").contains("notes.txt"));
    CHECK(completion.after("pgt guest stop") == std::set<std::string>{"debian-1"});
    CHECK(completion.after("pgt walk --guest").contains("debian-1"));
    CHECK(completion.after("pgt walk --guest").contains("lab"));
    CHECK(completion.after("pgt walk --channel")
        == std::set<std::string>{"mapped", "procmem", "rsp", "pmemsave", "gdb"});

    const auto rules = completion.after("pgt check --rule");
    for (const auto& rule : core::allRules())
        CHECK(rules.contains(std::string(rule->name())));
    const auto fields = completion.after("pgt walk --filter");
    for (const core::FieldInfo& field : core::fields())
        CHECK(fields.contains(std::string(field.name)) == field.inFilter());
    const auto places = completion.after("pgt run-to");
    for (const core::BootEvent& event : core::bootEvents())
        CHECK(places.contains(std::string(event.name)));
}

TEST_CASE("nothing that others have named is run by completion, or offered")
{
    const std::string shell = GENERATE("bash", "zsh", "fish");
    INFO(shell);
    Completion completion(shell);
    for (const char* name : {"$(touch ran)", "`touch ran`", "a;touch ran", "b c", "-x\nlab"})
        completion.makeInRunDirectory(name);
    const auto offered = completion.after("pgt walk --guest");
    CHECK_FALSE(completion.hasFile("ran"));
    CHECK(offered.contains("debian-1"));
    for (const std::string& word : offered) {
        INFO(word);
        CHECK(word.find_first_of("$`; (") == std::string::npos);
    }
}

TEST_CASE("completion of a word that has begun offers what goes on like it")
{
    Completion completion("bash");
    CHECK(completion.after("pgt", "tr") == std::set<std::string>{"translate"});
    CHECK(completion.after("pgt record debian", "--dur") == std::set<std::string>{"--durable"});
    // bash splits a word at its colon, and wants what follows it.
    CHECK(completion.after("pgt run-to early_alloc_pgt_buf :", "re") == std::set<std::string>{"return"});
    CHECK(completion.after("pgt show", "my") == std::set<std::string>{"my boot.pgtrec"});
}
