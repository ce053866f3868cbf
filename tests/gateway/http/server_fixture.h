// A test with one server of the test application.

#ifndef CRM_TESTS_GATEWAY_HTTP_SERVER_FIXTURE_H_
#define CRM_TESTS_GATEWAY_HTTP_SERVER_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

#include "gateway/http/http_server.h"
#include "tests/gateway/http/exchanges.h"
#include "tests/gateway/http/loop_thread.h"

namespace crm::gateway {

class ServerTest : public ::testing::Test {
 protected:
  // Starts with `limits`; returns the port.
  uint16_t Serve(const HttpLimits& limits = {}) {
    return thread_.Call([&] {
      server_ =
          std::make_unique<HttpServer>(thread_.loop(), limits, TestApp(log_));
      return server_->Listen("127.0.0.1:0").value_or(0);
    });
  }

  void TearDown() override {
    thread_.Call([this] { server_.reset(); });
  }

  LoopThread thread_;
  AppLog log_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_HTTP_SERVER_FIXTURE_H_
