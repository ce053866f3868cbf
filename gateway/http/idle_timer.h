// Notices that nothing has happened for a while, at no cost while much happens.

#ifndef CRM_GATEWAY_HTTP_IDLE_TIMER_H_
#define CRM_GATEWAY_HTTP_IDLE_TIMER_H_

#include <utility>

#include "absl/time/time.h"
#include "gateway/http/event_loop.h"

namespace crm::gateway {

// Calls `on_idle` once Touch() was not called for `timeout`, up to a quarter
// late, and again after each further `timeout`. Touch() only writes a number.
// Loop thread only. `on_idle` must not destroy the timer.
class IdleTimer {
 public:
  IdleTimer(EventLoop& loop, absl::Duration timeout, EventLoop::Task on_idle)
      : loop_(loop), quarter_(timeout / 4), on_idle_(std::move(on_idle)) {
    Arm();
  }

  void Touch() { quiet_quarters_ = 0; }
  void Cancel() { timer_.Cancel(); }

 private:
  void Arm() {
    timer_ = loop_.After(quarter_, [this] {
      Arm();
      if (++quiet_quarters_ <= 4) return;
      quiet_quarters_ = 0;
      on_idle_();
    });
  }

  EventLoop& loop_;
  const absl::Duration quarter_;
  EventLoop::Task on_idle_;
  int quiet_quarters_ = 0;
  Timer timer_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_IDLE_TIMER_H_
