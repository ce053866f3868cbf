#include "gateway/http/h1_response.h"

#include <gtest/gtest.h>

#include <string>

namespace crm::gateway {
namespace {

std::string Serialized(H1Response& response) {
  std::string out;
  response.Serialize(out);
  return out;
}

TEST(H1Response, KnowsTheLengthOfWhatEndsInOneTurn) {
  H1Response response({});
  response.Start({.status = 200, .headers = {{"x-a", "1"}}});
  response.Write("he");
  response.Write("llo");
  response.End();

  EXPECT_EQ(Serialized(response),
            "HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 5\r\n"
            "connection: keep-alive\r\n\r\nhello");
  EXPECT_TRUE(response.keep_alive());
}

TEST(H1Response, ChunksWhatGoesOn) {
  H1Response response({});
  response.Start({.status = 200});
  response.Write("hello");

  EXPECT_EQ(Serialized(response),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n"
            "connection: keep-alive\r\n\r\n5\r\nhello\r\n");
  EXPECT_EQ(Serialized(response), "");
  response.End();
  EXPECT_EQ(Serialized(response), "0\r\n\r\n");
}

TEST(H1Response, NeverSendsMoreThanItsDeclaredLength) {
  H1Response response({});
  response.Start({.status = 200, .headers = {{"content-length", "2"}}});
  response.Write("hello");
  response.End();

  EXPECT_EQ(Serialized(response),
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n"
            "connection: keep-alive\r\n\r\nhe");
  EXPECT_FALSE(response.keep_alive());
}

TEST(H1Response, ClosesWhenItsDeclaredLengthIsNotReached) {
  H1Response response({});
  response.Start({.status = 200, .headers = {{"content-length", "9"}}});
  response.Write("hello");
  response.End();
  Serialized(response);

  EXPECT_FALSE(response.keep_alive());
}

TEST(H1Response, DropsHeadersThatWouldBreakALineOrTheFraming) {
  H1Response response({});
  response.Start({.status = 204,
                  .headers = {{"x-a", "1\r\nx-b: 2"},
                              {"transfer-encoding", "gzip"},
                              {"connection", "upgrade"}}});
  response.End();

  EXPECT_EQ(Serialized(response),
            "HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n");
}

TEST(H1Response, SaysTheLengthToHeadAndSendsNoBody) {
  H1Response response({.head_method = true});
  response.Start({.status = 200});
  response.Write("hello");
  response.End();

  EXPECT_EQ(Serialized(response),
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n"
            "connection: keep-alive\r\n\r\n");
}

}  // namespace
}  // namespace crm::gateway
