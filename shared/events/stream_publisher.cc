#include "shared/events/stream_publisher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using internal::v1::HeadFeedResponse;
using internal::v1::ReadFeedRequest;
using internal::v1::ReadFeedResponse;

size_t Index(int partition) { return static_cast<size_t>(partition); }

}  // namespace

StreamPublisher::StreamPublisher(Database& database, const Outbox& outbox,
                                 RedisClient& redis, const Clock& clock,
                                 Options options)
    : database_(database),
      outbox_(outbox),
      redis_(redis),
      clock_(clock),
      options_(options),
      append_script_(AppendScript()) {}

absl::Status StreamPublisher::Publish(const std::vector<int>& partitions) {
  CRM_RETURN_IF_ERROR(Ask(partitions));
  const auto needs_more = [this](int partition) {
    return NeedsMore(partition);
  };
  while (std::any_of(partitions.begin(), partitions.end(), needs_more)) {
    const std::vector<int64_t> before = published_;
    if (absl::Status status = AppendBatch(partitions); !status.ok()) {
      // Whether the last batch arrived is not known.
      Distrust();
      return status;
    }
    if (published_ == before) {
      Distrust();
      return Aborted("STREAM_CONTENDED",
                     "The streams did not grow; another process may write to "
                     "them.");
    }
  }
  return StreamAhead(partitions);
}

absl::Status StreamPublisher::Ask(const std::vector<int>& partitions) {
  CRM_RETURN_IF_ERROR(ReadHeads());
  return AskUnknown(partitions);
}

void StreamPublisher::Distrust() { known_.assign(known_.size(), false); }

absl::Status StreamPublisher::ReadHeads() {
  absl::StatusOr<HeadFeedResponse> head;
  CRM_RETURN_IF_ERROR(
      database_.Read(clock_.Now() + options_.timeout, [&](SqlReader& reader) {
        head = outbox_.Head(reader);
        return head.status();
      }));
  heads_.assign(head->head_seqs().begin(), head->head_seqs().end());
  if (head->feed_epoch() != feed_epoch_) {
    feed_epoch_ = head->feed_epoch();
    published_.assign(heads_.size(), 0);
    known_.assign(heads_.size(), false);
    ahead_.assign(heads_.size(), false);
  }
  for (size_t i = 0; i < heads_.size(); ++i) {
    // The database lost what the stream was given.
    if (published_[i] > heads_[i]) known_[i] = false;
  }
  return absl::OkStatus();
}

absl::Status StreamPublisher::AskUnknown(const std::vector<int>& partitions) {
  std::vector<RedisScript::Run> runs;
  std::vector<int> asked;
  for (const int partition : partitions) {
    if (known_[Index(partition)]) continue;
    runs.push_back(
        AskRun(StreamKey(outbox_.service(), partition, feed_epoch_)));
    asked.push_back(partition);
  }
  if (asked.empty()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const std::vector<RedisReply> replies,
                       append_script_.EvalMany(redis_, runs, options_.timeout));
  return TakeAnswers(asked, replies);
}

absl::Status StreamPublisher::AppendBatch(const std::vector<int>& partitions) {
  std::vector<RedisScript::Run> runs;
  std::vector<int> appended;
  const auto read = [&](SqlReader& reader) -> absl::Status {
    for (const int partition : partitions) {
      if (!NeedsMore(partition)) continue;
      const int64_t last = published_[Index(partition)];
      ReadFeedRequest request;
      request.set_partition(partition);
      request.set_max_events(options_.batch);
      request.set_after_seq(
          last == 0 ? std::max<int64_t>(
                          0, heads_[Index(partition)] - options_.begin_entries)
                    : last);
      absl::StatusOr<ReadFeedResponse> response = outbox_.Read(reader, request);
      int64_t hole_after = last == 0 ? 0 : kNoHole;
      if (absl::IsOutOfRange(response.status())) {
        // The stream ends before what the outbox still has. It goes on with a
        // hole, and consumers find their way by the feed.
        CRM_ASSIGN_OR_RETURN(const int64_t first_seq,
                             outbox_.FirstSeq(reader, partition));
        request.set_after_seq(first_seq - 1);
        response = outbox_.Read(reader, request);
        hole_after = last;
      }
      CRM_RETURN_IF_ERROR(response.status());
      // Newer than what was known at the beginning of the call.
      heads_[Index(partition)] =
          std::max(heads_[Index(partition)], response->head_seq());
      if (response->events().empty()) continue;
      runs.push_back(
          AppendRun(StreamKey(outbox_.service(), partition, feed_epoch_),
                    hole_after, response->events()));
      appended.push_back(partition);
    }
    return absl::OkStatus();
  };
  CRM_RETURN_IF_ERROR(database_.Read(clock_.Now() + options_.timeout, read));
  CRM_ASSIGN_OR_RETURN(const std::vector<RedisReply> replies,
                       append_script_.EvalMany(redis_, runs, options_.timeout));
  return TakeAnswers(appended, replies);
}

absl::Status StreamPublisher::TakeAnswers(
    const std::vector<int>& partitions,
    const std::vector<RedisReply>& replies) {
  absl::Status first_error;
  for (size_t i = 0; i < partitions.size() && i < replies.size(); ++i) {
    const size_t index = Index(partitions[i]);
    const absl::StatusOr<AppendAnswer> answer = ReadAppendAnswer(replies[i]);
    if (!answer.ok()) {
      first_error.Update(answer.status());
      continue;
    }
    // Refused or not, this is where the stream ends.
    published_[index] = answer->last_seq;
    ahead_[index] = answer->last_seq > heads_[index];
    // One that is ahead is asked again: its database may catch up or its stream
    // be removed.
    known_[index] = !ahead_[index];
  }
  return first_error;
}

bool StreamPublisher::NeedsMore(int partition) const {
  const size_t index = Index(partition);
  return known_[index] && published_[index] < heads_[index];
}

absl::Status StreamPublisher::StreamAhead(
    const std::vector<int>& partitions) const {
  for (const int partition : partitions) {
    if (!ahead_[Index(partition)]) continue;
    return FailedPrecondition(
        "STREAM_AHEAD",
        absl::StrCat("Partition ", partition, " of '", outbox_.service(),
                     "' ends at ", heads_[Index(partition)],
                     " in the database and at ", published_[Index(partition)],
                     " in Redis. It stands still until the feed epoch is "
                     "raised, as after restoring a backup."),
        StreamKey(outbox_.service(), partition, feed_epoch_));
  }
  return absl::OkStatus();
}

}  // namespace crm
