// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/temporarydirectory.h"

extern char** environ;

namespace pgtscope::tests {

/// Headless Chromium with one page, steered through the DevTools protocol over a pipe: JSON messages that
/// end with a zero byte, the browser reads descriptor 3 and writes descriptor 4. Throws where it does not
/// answer in time.
class Browser {
public:
    Browser()
    {
        start();
        const auto target = call("Target.createTarget", {{"url", "about:blank"}}, false);
        const auto attached
            = call("Target.attachToTarget", {{"targetId", target["targetId"]}, {"flatten", true}}, false);
        m_session = attached["sessionId"];
        for (const char* domain : {"Page.enable", "Runtime.enable", "Log.enable", "Network.enable"})
            call(domain);
    }
    ~Browser()
    {
        // Asked first: it takes its helpers along.
        try {
            send(nlohmann::json{{"id", ++m_lastId}, {"method", "Browser.close"}}.dump() + '\0');
            for (;;)
                receive();
        } catch (const std::exception&) { // it has ended, or never will
        }
        ::close(m_write);
        ::close(m_read);
        ::kill(m_process, SIGKILL);
        ::waitpid(m_process, nullptr, 0);
    }
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    /// Opens the file and waits until it is loaded.
    void open(const std::string& file, const std::string& fragment = {})
    {
        m_loaded = false;
        // Only another document is loaded anew, whatever stands behind the '#'.
        call("Page.navigate", {{"url", "about:blank"}});
        waitUntilLoaded();
        m_requests.clear();
        m_loaded = false;
        call("Page.navigate", {{"url", "file://" + file + fragment}});
        waitUntilLoaded();
    }

    /// The value of a JavaScript expression. Throws if the expression does.
    nlohmann::json value(const std::string& expression)
    {
        const auto answer = call("Runtime.evaluate", {{"expression", expression}, {"returnByValue", true}});
        if (answer.contains("exceptionDetails"))
            throw std::runtime_error(expression + ": " + answer["exceptionDetails"].dump());
        return answer["result"].value("value", nlohmann::json());
    }
    std::string text(const std::string& selector)
    {
        return value("document.querySelector('" + selector + "').textContent").get<std::string>();
    }

    /// A key as a person presses it, e.g. "ArrowRight" with its virtual key code 39.
    void press(const std::string& key, int code)
    {
        const nlohmann::json event{{"key", key}, {"code", key}, {"windowsVirtualKeyCode", code}};
        for (const char* type : {"rawKeyDown", "keyUp"}) {
            nlohmann::json typed = event;
            typed["type"] = type;
            call("Input.dispatchKeyEvent", typed);
        }
    }
    void click(double x, double y)
    {
        for (const char* type : {"mousePressed", "mouseReleased"})
            call("Input.dispatchMouseEvent",
                {{"type", type}, {"x", x}, {"y", y}, {"button", "left"}, {"clickCount", 1}});
    }

    nlohmann::json call(const std::string& method, nlohmann::json parameters = nlohmann::json::object())
    {
        return call(method, std::move(parameters), true);
    }

    /// What the page complained of: exceptions, refused resources and scripts.
    const std::vector<std::string>& complaints() const { return m_complaints; }
    /// What it asked for since open(), the page itself included.
    const std::vector<std::string>& requests() const { return m_requests; }

private:
    void start()
    {
        int toBrowser[2] = {-1, -1};
        int fromBrowser[2] = {-1, -1};
        if (::pipe2(toBrowser, O_CLOEXEC) != 0 || ::pipe2(fromBrowser, O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
        const std::string profile = "--user-data-dir=" + (m_directory / "profile").string();
        std::vector<std::string> words{"chromium", "--headless", "--no-sandbox", "--disable-gpu",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-quic", "--disable-dev-shm-usage", "--remote-debugging-pipe", profile,
            "about:blank"};
        std::vector<char*> arguments;
        for (std::string& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        // Far up first: the pipes' own numbers may be 3 and 4.
        ::posix_spawn_file_actions_adddup2(&actions, toBrowser[0], 93);
        ::posix_spawn_file_actions_adddup2(&actions, fromBrowser[1], 94);
        ::posix_spawn_file_actions_adddup2(&actions, 93, 3);
        ::posix_spawn_file_actions_adddup2(&actions, 94, 4);
        ::posix_spawn_file_actions_addclose(&actions, 93);
        ::posix_spawn_file_actions_addclose(&actions, 94);
        ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        const int failed
            = ::posix_spawnp(&m_process, "chromium", &actions, nullptr, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(toBrowser[0]);
        ::close(fromBrowser[1]);
        m_write = toBrowser[1];
        m_read = fromBrowser[0];
        if (failed != 0)
            throw std::runtime_error("chromium cannot be started: install the package chromium");
    }

    nlohmann::json call(const std::string& method, nlohmann::json parameters, bool inSession)
    {
        const int id = ++m_lastId;
        nlohmann::json message{{"id", id}, {"method", method}, {"params", std::move(parameters)}};
        if (inSession)
            message["sessionId"] = m_session;
        send(message.dump() + '\0');
        for (;;) {
            const nlohmann::json answer = receive();
            if (answer.value("id", 0) != id) {
                note(answer);
                continue;
            }
            if (answer.contains("error"))
                throw std::runtime_error(method + ": " + answer["error"].dump());
            return answer["result"];
        }
    }

    void waitUntilLoaded()
    {
        while (!m_loaded)
            note(receive());
    }

    void note(const nlohmann::json& event)
    {
        const std::string method = event.value("method", "");
        if (method == "Page.loadEventFired")
            m_loaded = true;
        else if (method == "Runtime.exceptionThrown" || method == "Log.entryAdded")
            m_complaints.push_back(event["params"].dump());
        else if (method == "Network.requestWillBeSent")
            m_requests.push_back(event["params"]["request"]["url"]);
    }

    void send(const std::string& bytes)
    {
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t written = ::write(m_write, bytes.data() + at, bytes.size() - at);
            if (written < 0 && errno != EINTR)
                throw std::runtime_error("chromium does not listen");
            at += written < 0 ? 0 : static_cast<std::size_t>(written);
        }
    }

    nlohmann::json receive()
    {
        for (;;) {
            if (const auto end = m_received.find('\0'); end != std::string::npos) {
                const auto message = nlohmann::json::parse(m_received.substr(0, end));
                m_received.erase(0, end + 1);
                return message;
            }
            pollfd waiting{m_read, POLLIN, 0};
            if (::poll(&waiting, 1, deadlineMilliseconds) <= 0)
                throw std::runtime_error("chromium does not answer");
            char bytes[65536];
            const ssize_t count = ::read(m_read, bytes, sizeof bytes);
            if (count <= 0)
                throw std::runtime_error("chromium has ended");
            m_received.append(bytes, static_cast<std::size_t>(count));
        }
    }

    static constexpr int deadlineMilliseconds = 60'000;
    test::TemporaryDirectory m_directory;
    pid_t m_process = -1;
    int m_write = -1;
    int m_read = -1;
    int m_lastId = 0;
    std::string m_session;
    std::string m_received;
    bool m_loaded = false;
    std::vector<std::string> m_complaints;
    std::vector<std::string> m_requests;
};

} // namespace pgtscope::tests
