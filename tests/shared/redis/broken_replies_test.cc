// Replies that come in pieces, lie about their size, or end too soon: a
// connection gives the reply that belongs to the command, or breaks for good.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/redis/connection.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr absl::Duration kShort = absl::Milliseconds(20);

// The other end of one connection, which says what it is told to.
class ToldPeer {
 public:
  ToldPeer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, raw, size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, raw, &size), 0);
    auto connected = RedisConnection::Connect(
        "127.0.0.1", ntohs(address.sin_port), kPatience);
    EXPECT_THAT(connected, IsOk());
    connection_ = *std::move(connected);
    peer_ = accept(listener_, nullptr, nullptr);
    const int on = 1;
    EXPECT_EQ(setsockopt(peer_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
  }

  ~ToldPeer() {
    if (peer_ >= 0) close(peer_);
    close(listener_);
  }

  RedisConnection& connection() { return *connection_; }

  void Say(absl::string_view bytes) {
    EXPECT_EQ(send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // Waits for a command, all of which comes at once.
  void Hear() {
    char command[4096];
    EXPECT_GT(recv(peer_, command, sizeof(command), 0), 0);
  }

  // Ends the connection with a reset.
  void Reset() {
    const linger now = {.l_onoff = 1, .l_linger = 0};
    EXPECT_EQ(setsockopt(peer_, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    close(std::exchange(peer_, -1));
  }

 private:
  const int listener_;
  std::unique_ptr<RedisConnection> connection_;
  int peer_ = -1;
};

// An answer of all types, which carries `tag`.
std::string AnswerWith(absl::string_view tag) {
  return absl::StrCat("*4\r\n$", tag.size(), "\r\n", tag,
                      "\r\n:-7\r\n*2\r\n$-1\r\n+OK\r\n$2\r\n\r\n\r\n");
}

RedisReply ReplyWith(absl::string_view tag) {
  return {RedisArray{{{RedisString{std::string(tag)}},
                      {int64_t{-7}},
                      {RedisArray{{RedisReply{}, {RedisStatus{"OK"}}}}},
                      {RedisString{"\r\n"}}}}};
}

TEST(BrokenReplies, F57_AReplyThatIsCutAnywhereIsThatOfItsCommand) {
  ToldPeer peer;
  const size_t size = AnswerWith("tag 100").size();
  for (size_t cut = 0; cut <= size; ++cut) {
    const std::string tag = absl::StrCat("tag ", 100 + cut);
    const std::string answer = AnswerWith(tag);
    auto replies = std::async(std::launch::async, [&] {
      return peer.connection().Run({{"ECHO", tag}}, kPatience);
    });
    peer.Hear();
    peer.Say(answer.substr(0, cut));
    std::this_thread::yield();
    peer.Say(answer.substr(cut));

    ASSERT_THAT(replies.get(), IsOkAndHolds(ElementsAre(ReplyWith(tag))))
        << "cut after " << cut << " bytes";
    ASSERT_TRUE(peer.connection().Idle());
  }
}

TEST(BrokenReplies, F57_AReplyMayComeByteByByte) {
  ToldPeer peer;
  auto replies = std::async(std::launch::async, [&] {
    return peer.connection().Run({{"ECHO", "a"}, {"ECHO", "b"}}, kPatience);
  });
  peer.Hear();
  for (const char byte : AnswerWith("a") + AnswerWith("b")) {
    peer.Say(absl::string_view(&byte, 1));
  }

  EXPECT_THAT(replies.get(),
              IsOkAndHolds(ElementsAre(ReplyWith("a"), ReplyWith("b"))));
}

TEST(BrokenReplies, F57_AHalfReplyBreaksTheConnectionForGood) {
  const std::string answer = AnswerWith("first");
  for (size_t cut = 0; cut < answer.size(); ++cut) {
    ToldPeer peer;
    peer.Say(answer.substr(0, cut));

    ASSERT_THAT(
        peer.connection().Run({{"ECHO", "first"}}, absl::ZeroDuration()),
        StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));
    // The rest comes late, and must not answer the next command.
    peer.Say(answer.substr(cut));
    EXPECT_FALSE(peer.connection().Idle());
    EXPECT_THAT(
        peer.connection().Run({{"ECHO", "second"}}, kPatience),
        StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECTION_LOST"));
  }
}

TEST(BrokenReplies, F57_AResetInTheMiddleOfAReplyBreaksTheConnection) {
  const std::string answer = AnswerWith("first");
  for (size_t cut = 0; cut < answer.size(); ++cut) {
    ToldPeer peer;
    auto replies = std::async(std::launch::async, [&] {
      return peer.connection().Run({{"ECHO", "first"}}, kPatience);
    });
    peer.Hear();
    peer.Say(answer.substr(0, cut));
    peer.Reset();

    EXPECT_THAT(replies.get(), StatusIs(absl::StatusCode::kUnavailable,
                                        "REDIS_CONNECTION_LOST"));
    EXPECT_FALSE(peer.connection().Idle());
  }
}

TEST(BrokenReplies, F57_WhatLiesAboutItsSizeBreaksTheConnection) {
  std::string deep;
  for (int level = 0; level < 9; ++level) absl::StrAppend(&deep, "*1\r\n");
  for (const std::string& lie :
       {std::string("*1048577\r\n"), std::string("*2147483648\r\n"),
        std::string("*-2\r\n"), std::string("$-2\r\n"),
        std::string("$9223372036854775808\r\n"), std::string("$0x10\r\n"),
        std::string(":12a\r\n"), std::string("!4\r\noops\r\n"), deep}) {
    ToldPeer peer;
    peer.Say(lie);

    EXPECT_THAT(
        peer.connection().Run({{"PING"}}, kPatience),
        StatusIs(absl::StatusCode::kUnavailable, "REDIS_CONNECTION_LOST"))
        << lie;
    EXPECT_FALSE(peer.connection().Idle());
  }
}

TEST(BrokenReplies, F57_TextOfMoreThan512MibIsWaitedForUntilTheDeadlineOnly) {
  ToldPeer peer;
  peer.Say("$536870913\r\nabc");

  EXPECT_THAT(peer.connection().Run({{"GET", "k"}}, kShort),
              StatusIs(absl::StatusCode::kDeadlineExceeded, "REDIS_TIMEOUT"));
  EXPECT_FALSE(peer.connection().Idle());
}

}  // namespace
}  // namespace crm
