#include "shared/storage/postgres/write_turn.h"

#include <utility>

#include "absl/time/time.h"
#include "shared/storage/postgres/session.h"

namespace crm {
namespace {

// For how long after a conflict turns are taken: long against a group of
// writes, so that few of them are undone.
constexpr absl::Duration kMemory = absl::Seconds(3);

// The longest wait for a turn: that of a few groups.
constexpr absl::Duration kPatience = absl::Milliseconds(500);

constexpr char kBegin[] = "BEGIN ISOLATION LEVEL READ COMMITTED";

}  // namespace

void WriteTurn::Conflicted() { taken_until_ = SteadyAfter(kMemory); }

void WriteTurn::Take() {
  if (held_ || std::chrono::steady_clock::now() >= taken_until_) return;
  if (connection_ == nullptr || !connection_->Alive()) {
    connection_.reset();
    auto opened = source_.Connect();
    if (!opened.ok()) return;
    connection_ = *std::move(opened);
  }
  SendBegin(*connection_, kBegin, {.statement = kPatience, .lock = kPatience});
  connection_->Send("UPDATE schema_lock SET taken = taken + 1 WHERE id = 2");
  held_ = true;
  const auto reply =
      connection_->Finish({.until = SteadyAfter(kPatience + kAnswerSlack)});
  if (reply.ok()) return;
  GiveBack();
  // Whoever has it keeps it for too long to be waited for each time.
  taken_until_ = SteadyTime();
}

void WriteTurn::GiveBack() {
  if (!std::exchange(held_, false)) return;
  // Undone, since nothing needs to be kept, and nothing to be on disk.
  connection_->Leave();
  connection_->Send("ROLLBACK");
  connection_->Leave();
}

}  // namespace crm
