// A task that runs once at the end of the loop's turn, however often it was
// asked for: what a connection writes during a turn goes out in one piece.

#ifndef CRM_GATEWAY_HTTP_TURN_TASK_H_
#define CRM_GATEWAY_HTTP_TURN_TASK_H_

#include <memory>
#include <utility>

#include "gateway/http/event_loop.h"

namespace crm::gateway {

// Loop thread only. Destroying it drops a run that is due; the task must not
// destroy it.
class TurnTask {
 public:
  TurnTask(EventLoop& loop, EventLoop::Task task)
      : loop_(loop), state_(std::make_shared<State>(std::move(task))) {}

  void Schedule() {
    if (state_->due) return;
    state_->due = true;
    loop_.Post([weak = std::weak_ptr<State>(state_)] {
      if (const std::shared_ptr<State> state = weak.lock()) {
        state->due = false;
        state->task();
      }
    });
  }

 private:
  struct State {
    explicit State(EventLoop::Task t) : task(std::move(t)) {}
    EventLoop::Task task;
    bool due = false;
  };

  EventLoop& loop_;
  // Shared so that a posted run can see that the owner is gone.
  std::shared_ptr<State> state_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_TURN_TASK_H_
