#include "shared/events/log_trimmer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/events/consumer_registry.h"
#include "shared/events/event_stream.h"

namespace crm {
namespace {

size_t Index(int partition) { return static_cast<size_t>(partition); }

int64_t IntegerOf(const RedisReply& reply) {
  const int64_t* value = reply.integer();
  return value == nullptr ? 0 : *value;
}

// How many of the oldest entries have to go for `bytes` to become `share`; a
// tenth more, so that it is not done for every event.
int64_t SurplusEntries(int64_t bytes, int64_t entries, int64_t share) {
  if (bytes <= share || bytes <= 0) return 0;
  const double kept = 0.9 * static_cast<double>(share) /
                      static_cast<double>(bytes) * static_cast<double>(entries);
  return entries - static_cast<int64_t>(kept);
}

}  // namespace

LogTrimmer::LogTrimmer(Database& database, const Outbox& outbox,
                       RedisClient* redis, const Clock& clock, Options options)
    : database_(database),
      outbox_(outbox),
      redis_(redis),
      clock_(clock),
      options_(options) {}

absl::Status LogTrimmer::Trim(const std::vector<int>& partitions) {
  if (partitions.empty()) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(Expel());
  CRM_ASSIGN_OR_RETURN(const Log log, ReadLog(partitions));
  absl::Status status;
  if (redis_ != nullptr) status = TrimStreams(log, partitions);
  status.Update(TrimOutbox(log, partitions));
  return status;
}

absl::Status LogTrimmer::Expel() {
  std::vector<std::string> expelled;
  CRM_RETURN_IF_ERROR(database_.WriteAndWait(
      clock_.Now() + options_.timeout, [&](SqlWriter& writer) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            expelled,
            ExpelConsumers(writer, clock_.Now() - options_.consumer_silence));
        return absl::OkStatus();
      }));
  expelled_.insert(expelled_.end(), expelled.begin(), expelled.end());
  return absl::OkStatus();
}

absl::StatusOr<LogTrimmer::Log> LogTrimmer::ReadLog(
    const std::vector<int>& partitions) {
  Log log;
  const absl::Time before = clock_.Now() - options_.stream_age;
  CRM_RETURN_IF_ERROR(database_.Read(
      clock_.Now() + options_.timeout, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const auto head, outbox_.Head(reader));
        log.feed_epoch = head.feed_epoch();
        log.heads.assign(head.head_seqs().begin(), head.head_seqs().end());
        CRM_ASSIGN_OR_RETURN(log.consumed,
                             ConsumedSeqs(reader, log.feed_epoch, log.heads));
        log.stale.assign(log.heads.size(), 0);
        for (const int partition : partitions) {
          CRM_ASSIGN_OR_RETURN(const int64_t old,
                               outbox_.LastBefore(reader, partition, before));
          log.stale[Index(partition)] =
              std::min(old, log.consumed[Index(partition)]);
        }
        return absl::OkStatus();
      }));
  return log;
}

absl::Status LogTrimmer::TrimStreams(const Log& log,
                                     const std::vector<int>& partitions) {
  std::vector<RedisCommand> questions;
  for (const int partition : partitions) {
    const std::string key =
        StreamKey(outbox_.service(), partition, log.feed_epoch);
    questions.push_back({"MEMORY", "USAGE", key});
    questions.push_back({"XLEN", key});
  }
  CRM_ASSIGN_OR_RETURN(const std::vector<RedisReply> answers,
                       redis_->Pipeline(questions, options_.timeout));
  const int64_t share = options_.max_stream_bytes / outbox_.partitions();
  std::vector<RedisCommand> trims;
  for (size_t i = 0; i < partitions.size() && 2 * i + 1 < answers.size(); ++i) {
    const size_t index = Index(partitions[i]);
    const int64_t entries = IntegerOf(answers[2 * i + 1]);
    const int64_t surplus =
        SurplusEntries(IntegerOf(answers[2 * i]), entries, share);
    const int64_t first = log.heads[index] - entries + 1;
    const int64_t keep_from =
        std::max(log.stale[index] + 1, surplus > 0 ? first + surplus : 1);
    if (keep_from <= first) continue;
    trims.push_back(
        {"XTRIM", StreamKey(outbox_.service(), partitions[i], log.feed_epoch),
         "MINID", "~", absl::StrCat(keep_from)});
  }
  if (trims.empty()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const std::vector<RedisReply> replies,
                       redis_->Pipeline(trims, options_.timeout));
  absl::Status status;
  for (const RedisReply& reply : replies) status.Update(reply.status());
  return status;
}

absl::Status LogTrimmer::TrimOutbox(const Log& log,
                                    const std::vector<int>& partitions) {
  if (options_.outbox_age == absl::InfiniteDuration()) return absl::OkStatus();
  const absl::Time before =
      clock_.Now() - std::max(options_.outbox_age, kMinEventAge);
  for (const int partition : partitions) {
    int64_t removed = options_.batch;
    while (removed == options_.batch) {
      CRM_RETURN_IF_ERROR(database_.WriteAndWait(
          clock_.Now() + options_.timeout,
          [&](SqlWriter& writer) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                removed,
                outbox_.Trim(writer, partition, log.consumed[Index(partition)],
                             before, options_.batch));
            return absl::OkStatus();
          }));
      removed_ += removed;
    }
  }
  return absl::OkStatus();
}

}  // namespace crm
