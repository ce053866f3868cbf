// A whole gateway in the test's process, with fake backends behind it.

#ifndef CRM_TESTS_GATEWAY_GATEWAY_FIXTURE_H_
#define CRM_TESTS_GATEWAY_GATEWAY_FIXTURE_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/app.h"
#include "gtest/gtest.h"
#include "shared/auth/token_signer.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "tests/gateway/client.h"
#include "tests/gateway/fake_backend.h"

namespace crm::gateway {

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest();
  ~GatewayTest() override;

  // The headers of a caller with `roles`, and of one who may do everything.
  Headers As(const std::vector<std::string>& roles) const;
  Headers AsAdmin() const { return As({"tenant_admin"}); }

  const SystemClock clock_;
  std::string secret_ = std::string(32, 's');
  Logger logger_;
  FakeBackend operational_;
  FakeBackend analytical_;
  FakeBackend collaborative_;
  std::unique_ptr<TokenSigner> signer_;
  std::unique_ptr<GatewayApp> app_;
  std::thread thread_;
  std::unique_ptr<Client> client_;
};

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_GATEWAY_FIXTURE_H_
