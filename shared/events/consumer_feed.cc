// The part of a consumer that talks to the producer's feed.

#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/consumer.h"

namespace crm {
namespace {

using internal::v1::AcknowledgeFeedRequest;
using internal::v1::Event;
using internal::v1::HeadFeedResponse;
using internal::v1::ReadFeedRequest;
using internal::v1::ReadFeedResponse;

// How often positions are reported that have not moved.
constexpr absl::Duration kReportInterval = absl::Minutes(1);

size_t Index(int partition) { return static_cast<size_t>(partition); }

}  // namespace

absl::Status Consumer::AskHead() {
  CRM_ASSIGN_OR_RETURN(const HeadFeedResponse head,
                       feed_.Head(options_.feed_timeout));
  if (head.head_seqs_size() != options_.partitions) {
    return FailedPrecondition(
        "FEED_PARTITIONS",
        absl::StrCat("The feed of '", options_.producer, "' has ",
                     head.head_seqs_size(), " partitions instead of ",
                     options_.partitions, "."),
        options_.producer);
  }
  if (head.feed_epoch() < feed_epoch_ || head.feed_epoch() == 0) {
    return FailedPrecondition(
        "FEED_EPOCH_WENT_BACK",
        absl::StrCat("The feed of '", options_.producer, "' is in epoch ",
                     head.feed_epoch(), " after epoch ", feed_epoch_, "."),
        options_.producer);
  }
  if (head.feed_epoch() > feed_epoch_) {
    CRM_RETURN_IF_ERROR(applier_.Resync(options_.producer, head.feed_epoch()));
    loaded_ = false;
    feed_epoch_ = head.feed_epoch();
    return absl::OkStatus();
  }
  for (int i = 0; i < options_.partitions; ++i) {
    Partition& partition = partitions_[Index(i)];
    // While the streams are followed, an event that was announced last time and
    // has still not come is one that its stream lacks.
    const int64_t due = streaming_ ? partition.head : head.head_seqs(i);
    if (partition.inbox.position() < due) partition.behind = true;
    partition.head = head.head_seqs(i);
    if (partition.mine && partition.inbox.position() > partition.head) {
      return FailedPrecondition(
          "FEED_WENT_BACK",
          absl::StrCat("Partition ", i, " of '", options_.producer,
                       "' ends at ", partition.head, " after ",
                       partition.inbox.position(),
                       "; its feed epoch must be raised."),
          options_.producer);
    }
  }
  return absl::OkStatus();
}

bool Consumer::ReadFeed() {
  bool progress = false;
  for (int i = 0; i < options_.partitions && loaded_; ++i) {
    Partition& partition = partitions_[Index(i)];
    if (!partition.mine || !partition.behind ||
        clock_.Monotonic() < partition.retry_at) {
      continue;
    }
    const int64_t before = partition.inbox.position();
    const absl::Status status = ReadFeedOf(i);
    const int64_t applied = partition.inbox.position() - before;
    from_feed_ += applied;
    progress |= applied > 0;
    Settle(partition, status);
  }
  return progress;
}

absl::Status Consumer::ReadFeedOf(int index) {
  Partition& partition = partitions_[Index(index)];
  ReadFeedRequest request;
  request.set_partition(index);
  request.set_after_seq(partition.inbox.position());
  request.set_max_events(options_.batch);
  const absl::StatusOr<ReadFeedResponse> read =
      feed_.Read(request, options_.feed_timeout);
  if (ErrorReason(read.status()) == "FEED_TRIMMED") {
    ++gaps_;
    return ReadCompacted(index);
  }
  CRM_RETURN_IF_ERROR(read.status());
  const ReadFeedResponse& response = *read;
  if (response.feed_epoch() != feed_epoch_) {
    head_due_ = -absl::InfiniteDuration();
    return Aborted("FEED_EPOCH_CHANGED", "The feed is in another epoch.");
  }
  const std::vector<Event> events(response.events().begin(),
                                  response.events().end());
  CRM_RETURN_IF_ERROR(partition.inbox.Offer(events));
  partition.head = std::max(partition.head, response.head_seq());
  partition.behind = partition.inbox.position() < response.head_seq();
  if (partition.behind && events.empty()) {
    return OutOfRange(
        "FEED_GAP",
        absl::StrCat("The feed of '", options_.producer,
                     "' no longer has event ", partition.inbox.position() + 1,
                     " of partition ", index, "."));
  }
  return absl::OkStatus();
}

absl::Status Consumer::ReadCompacted(int index) {
  Partition& partition = partitions_[Index(index)];
  ReadFeedRequest request;
  request.set_partition(index);
  request.set_after_seq(partition.inbox.position());
  request.set_max_events(options_.batch);
  request.set_compacted(true);
  CRM_ASSIGN_OR_RETURN(const ReadFeedResponse response,
                       feed_.Read(request, options_.feed_timeout));
  if (response.feed_epoch() != feed_epoch_) {
    head_due_ = -absl::InfiniteDuration();
    return Aborted("FEED_EPOCH_CHANGED", "The feed is in another epoch.");
  }
  std::vector<Event> events;
  for (const Event& event : response.events()) {
    if (event.seq() >= response.first_seq()) break;
    events.push_back(event);
  }
  // Where the answer ends before the whole part, there may be more.
  const bool complete =
      response.events().empty() || std::ssize(events) < response.events_size();
  const int64_t to_seq = complete ? response.first_seq() - 1 : 0;
  return partition.inbox.OfferCompacted(events, to_seq);
}

absl::Status Consumer::Acknowledge() {
  if (options_.name.empty()) return absl::OkStatus();
  AcknowledgeFeedRequest request;
  std::vector<int64_t> reported;
  for (int i = 0; i < options_.partitions; ++i) {
    const Partition& partition = partitions_[Index(i)];
    reported.push_back(partition.mine ? partition.inbox.position() : -1);
    if (!partition.mine) continue;
    auto* position = request.add_positions();
    position->set_partition(i);
    position->set_seq(partition.inbox.position());
  }
  if (reported == reported_ && clock_.Monotonic() < report_due_) {
    return absl::OkStatus();
  }
  request.set_consumer(options_.name);
  request.set_feed_epoch(feed_epoch_);
  CRM_RETURN_IF_ERROR(feed_.Acknowledge(request, options_.feed_timeout));
  reported_ = std::move(reported);
  report_due_ = clock_.Monotonic() + kReportInterval;
  return absl::OkStatus();
}

}  // namespace crm
