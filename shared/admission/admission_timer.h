// The thread that refuses calls which have waited for too long.

#ifndef CRM_SHARED_ADMISSION_ADMISSION_TIMER_H_
#define CRM_SHARED_ADMISSION_ADMISSION_TIMER_H_

#include <condition_variable>
#include <mutex>
#include <thread>

#include "shared/admission/admission.h"

namespace crm {

// Calls Admission::Expire when it is time; sleeps while no call waits.
// Thread-safe.
class AdmissionTimer {
 public:
  // `admission` outlives the timer.
  explicit AdmissionTimer(Admission& admission);
  ~AdmissionTimer();
  AdmissionTimer(const AdmissionTimer&) = delete;
  AdmissionTimer& operator=(const AdmissionTimer&) = delete;

 private:
  void Run();

  Admission& admission_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool waiting_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_ADMISSION_ADMISSION_TIMER_H_
