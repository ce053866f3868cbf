#include "shared/events/event_stream.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using internal::v1::Event;
using testing::ClientOptions;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::kPatience;
using testing::RedisServer;
using ::testing::SizeIs;
using testing::StatusIs;

class EventStreamTest : public ::testing::Test {
 protected:
  // Appends events first..last and returns "appended/last position".
  std::string Append(int64_t first, int64_t last,
                     int64_t hole_after = kNoHole) {
    google::protobuf::RepeatedPtrField<Event> events;
    for (int64_t seq = first; seq <= last; ++seq) events.Add()->set_seq(seq);
    return Answer(AppendRun(key_, hole_after, events));
  }

  std::string Answer(const RedisScript::Run& run) {
    const auto reply = script_.Eval(pool_, run, kPatience);
    EXPECT_THAT(reply, IsOk());
    const auto answer = ReadAppendAnswer(*reply);
    EXPECT_THAT(answer, IsOk());
    return absl::StrCat(answer->appended, "/", answer->last_seq);
  }

  RedisServer server_;
  SystemClock clock_;
  RedisClient pool_{ClientOptions(server_), clock_};
  const RedisScript script_ = AppendScript();
  const std::string key_ = StreamKey("operational", 7, 1);
};

TEST_F(EventStreamTest, NamesTheStream) {
  EXPECT_EQ(key_, "ev:{operational:07}:e1");
  EXPECT_EQ(StreamKey("operational", 255, 12), "ev:{operational:255}:e12");
}

TEST_F(EventStreamTest, AppendsWhatFollows) {
  EXPECT_EQ(Append(1, 3), "1/3");
  EXPECT_EQ(Append(4, 4), "1/4");
  EXPECT_EQ(Answer(AskRun(key_)), "0/4");
}

TEST_F(EventStreamTest, RefusesRepeatsAndHoles) {
  ASSERT_EQ(Append(1, 3), "1/3");

  EXPECT_EQ(Append(1, 3), "0/3");
  EXPECT_EQ(Append(3, 5), "0/3");
  EXPECT_EQ(Append(5, 6), "0/3");
  EXPECT_EQ(server_.Run({"XLEN", key_}), RedisReply{int64_t{3}});
}

TEST_F(EventStreamTest, AnEmptyStreamBeginsElsewhereOnlyIfToldTo) {
  EXPECT_EQ(Append(11, 12), "0/0");
  EXPECT_EQ(Append(11, 12, /*hole_after=*/0), "1/12");
  EXPECT_EQ(Append(20, 21, /*hole_after=*/0), "0/12");
}

TEST_F(EventStreamTest, AHoleIsLeftOnlyWhereItIsAllowed) {
  ASSERT_EQ(Append(1, 3), "1/3");

  EXPECT_EQ(Append(10, 11, /*hole_after=*/2), "0/3");
  EXPECT_EQ(Append(2, 3, /*hole_after=*/3), "0/3");
  EXPECT_EQ(Append(10, 11, /*hole_after=*/3), "1/11");
}

TEST_F(EventStreamTest, RemembersItsEndAfterAFullTrim) {
  ASSERT_EQ(Append(1, 3), "1/3");
  server_.Run({"DEL", key_});

  EXPECT_EQ(Append(1, 3), "0/3");
  EXPECT_EQ(Append(4, 4), "1/4");
}

TEST_F(EventStreamTest, FindsItsEndWithoutTheKeyThatHoldsIt) {
  ASSERT_EQ(Append(1, 3), "1/3");
  server_.Run({"XTRIM", key_, "MAXLEN", "0"});
  server_.Run({"DEL", StreamLastKey(key_)});

  EXPECT_EQ(Append(3, 3), "0/3");
  EXPECT_EQ(Append(4, 4), "1/4");
}

TEST_F(EventStreamTest, AppendsBeyondWhatA32BitNumberHolds) {
  const int64_t large = int64_t{1} << 45;

  EXPECT_EQ(Append(large, large + 1, /*hole_after=*/0),
            absl::StrCat("1/", large + 1));
  EXPECT_EQ(Append(large + 2, large + 2), absl::StrCat("1/", large + 2));
}

TEST_F(EventStreamTest, ReadsWhatWasAppendedAndMarksDamage) {
  ASSERT_EQ(Append(1, 2), "1/2");
  server_.Run({"XADD", key_, "3-0", "e", "\xff\xff rubbish"});
  server_.Run({"XADD", key_, "4-0", "e", Event().SerializeAsString()});

  const auto streams =
      ReadStreams(server_.Run({"XREAD", "STREAMS", key_, "0"}));

  ASSERT_THAT(streams, IsOk());
  ASSERT_THAT(*streams, SizeIs(1));
  const StreamEntries& stream = streams->front();
  EXPECT_EQ(stream.stream_key, key_);
  ASSERT_THAT(stream.entries, SizeIs(4));
  EXPECT_EQ(stream.entries[1].event->seq(), 2);
  EXPECT_FALSE(stream.entries[2].event.has_value());
  EXPECT_EQ(stream.entries[2].seq, 3);
  EXPECT_FALSE(stream.entries[3].event.has_value());
}

TEST(ReadStreams, TakesNilForNothing) {
  const auto streams = ReadStreams(RedisReply{});

  ASSERT_THAT(streams, IsOk());
  EXPECT_THAT(*streams, IsEmpty());
}

TEST(ReadStreams, RefusesOtherForms) {
  const RedisReply text = {RedisString{"x"}};
  const RedisReply empty_array = {RedisArray{}};
  const auto array = [](std::vector<RedisReply> elements) {
    return RedisReply{RedisArray{std::move(elements)}};
  };
  for (const RedisReply& reply :
       {text, array({text}), array({array({text})}),
        array({array({text, text})}), array({array({text, array({text})})}),
        array({array({text, array({array({text, empty_array})})})})}) {
    EXPECT_THAT(ReadStreams(reply),
                StatusIs(absl::StatusCode::kInternal, "REDIS_REPLY"));
  }
}

}  // namespace
}  // namespace crm
