// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <future>
#include <thread>
#include <vector>

#include "core/base/task.h"

using namespace pgtscope::core;

TEST_CASE("A task runs on another thread, one piece of work after the other")
{
    std::vector<int> done;
    std::thread::id where;
    Task task;
    CHECK_FALSE(task.started());
    task.start([&](const CancelFlag&) {
        where = std::this_thread::get_id();
        done.push_back(1);
    });
    CHECK(task.started());
    task.start([&](const CancelFlag&) { done.push_back(2); });
    task.wait();
    CHECK_FALSE(task.started());
    CHECK(done == std::vector<int>{1, 2});
    CHECK(where != std::this_thread::get_id());
}

TEST_CASE("A task that goes away cancels its work and waits for it")
{
    bool ended = false;
    {
        std::promise<void> running;
        Task task;
        task.start([&](const CancelFlag& cancel) {
            running.set_value();
            while (!cancel.cancelled())
                std::this_thread::yield();
            ended = true;
        });
        running.get_future().wait();
    }
    CHECK(ended);
}

TEST_CASE("What was cancelled does not cancel the work that follows")
{
    Task task;
    bool cancelled = true;
    task.start([](const CancelFlag&) {});
    task.cancel();
    task.start([&](const CancelFlag& cancel) { cancelled = cancel.cancelled(); });
    task.wait();
    CHECK_FALSE(cancelled);
}
