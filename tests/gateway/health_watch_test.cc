#include "gateway/proxy/health_watch.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gateway/fake_backend.h"
#include "tests/gateway/http/exchanges.h"
#include "tests/gateway/http/loop_thread.h"

namespace crm::gateway {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";
constexpr char kCall[] = "/crm.operational.v1.LeadService/GetLead";

// Says `status` and leaves the stream open.
FakeBackend::Handler Says(char status) {
  return [status](const BackendCall&) {
    BackendReply reply;
    reply.messages = {std::string({'\x08', status})};
    reply.hang = true;
    return reply;
  };
}

class HealthWatchTest : public ::testing::Test {
 protected:
  ~HealthWatchTest() override {
    thread_.Call([this] { upstream_.reset(); });
  }

  void Connect() {
    thread_.Call([this] {
      UpstreamOptions options;
      options.watch = [this](UpstreamReplica& replica) {
        replicas_.push_back(&replica);
        return std::make_unique<HealthWatch>(thread_.loop(), replica,
                                             "operational");
      };
      upstream_ = std::make_unique<H2Upstream>(
          thread_.loop(), absl::StrCat(one_.address(), ",", other_.address()),
          options);
    });
  }

  // Waits until so many replicas are connected and `serving` of them say that
  // they serve.
  bool Serving(int serving) {
    return thread_.Eventually([=, this] {
      return replicas_.size() == 2 &&
             std::count_if(replicas_.begin(), replicas_.end(),
                           [](const UpstreamReplica* replica) {
                             return replica->serving();
                           }) == serving;
    });
  }

  void Call(int count) {
    for (int i = 0; i < count; ++i) {
      Recorder call;
      thread_.Call([&] { call.Post(*upstream_, kCall, ""); });
      ASSERT_TRUE(thread_.Eventually([&] { return call.done(); }));
      thread_.Call([&] { call.stream_.reset(); });
    }
  }

  FakeBackend one_;
  FakeBackend other_;
  LoopThread thread_;
  // Loop thread only.
  std::vector<UpstreamReplica*> replicas_;
  std::unique_ptr<H2Upstream> upstream_;
};

TEST_F(HealthWatchTest, CallsGoPastAReplicaThatIsAboutToStop) {
  one_.Handle(kWatch, Says(2));
  other_.Handle(kWatch, Says(1));
  Connect();
  ASSERT_TRUE(Serving(1));

  Call(4);

  EXPECT_THAT(one_.Calls(kCall), IsEmpty());
  EXPECT_THAT(other_.Calls(kCall), SizeIs(4));
}

TEST_F(HealthWatchTest, AReplicaWithoutTheServiceServes) {
  other_.Handle(kWatch, Says(1));
  Connect();
  ASSERT_TRUE(Serving(2));

  Call(4);

  EXPECT_THAT(one_.Calls(kCall), SizeIs(2));
  EXPECT_THAT(other_.Calls(kCall), SizeIs(2));
}

TEST_F(HealthWatchTest, AsksForTheWholeServer) {
  Connect();
  ASSERT_TRUE(
      thread_.Eventually([this] { return one_.Calls(kWatch).size() == 1; }));

  EXPECT_EQ(one_.Calls(kWatch).at(0).messages.at(0), "");
}

}  // namespace
}  // namespace crm::gateway
