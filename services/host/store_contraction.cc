#include "services/host/store_contraction.h"

#include <string>
#include <utility>

#include "shared/base/status_macros.h"
#include "shared/storage/lease.h"
#include "shared/storage/program_version.h"

namespace crm {

StoreContraction::StoreContraction(Options options, Database& database,
                                   SqlSchema schema, const Clock& clock,
                                   Logger& logger)
    : options_(options),
      database_(database),
      schema_(std::move(schema)),
      clock_(clock),
      logger_(logger) {}

StoreContraction::~StoreContraction() { Stop(); }

void StoreContraction::Start() {
  if (options_.mode == ContractMode::kNever) return;
  thread_ = std::thread([this] { Loop(); });
}

void StoreContraction::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<bool> StoreContraction::Step() {
  // A store without a clock of its own is this process's alone.
  if (options_.mode != ContractMode::kWhenAlone ||
      database_.TimeSql().empty()) {
    return database_.Contract(schema_);
  }
  return database_.Contract(schema_, [this](SqlWriter& writer) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(const int64_t now,
                         LeaseTime(database_, writer, clock_));
    return CheckNoOlderProgram(writer, now, schema_.version);
  });
}

void StoreContraction::Loop() {
  bool more = true;
  std::unique_lock lock(mutex_);
  while (more && !stopping_) {
    lock.unlock();
    const absl::StatusOr<bool> step = Step();
    if (step.ok()) {
      more = *step;
    } else {
      logger_.Log(LogLevel::kWarning, "the store is not contracted yet",
                  {{"error", std::string(step.status().message())}});
    }
    lock.lock();
    if (!more) break;
    changed_.wait_for(
        lock,
        absl::ToChronoMilliseconds(step.ok() ? options_.pause : options_.retry),
        [this] { return stopping_; });
  }
  if (!more) logger_.Log(LogLevel::kInfo, "the store is contracted", {});
}

}  // namespace crm
