#include "services/host/remote_feed.h"

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

RpcChannel::Options ChannelOptions(const std::string& producer,
                                   TlsFolder* tls) {
  RpcChannel::Options options;
  options.tls = tls;
  options.tls_service = producer;
  options.services = {
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
          "crm.internal.v1.Feed")};
  return options;
}

}  // namespace

RemoteFeed::RemoteFeed(const std::string& producer, const std::string& address,
                       TlsFolder* tls, SystemTokenSource& tokens,
                       const Clock& clock)
    : channel_(address, ChannelOptions(producer, tls)),
      tokens_(tokens),
      clock_(clock) {}

CallOptions RemoteFeed::OptionsFor(absl::Duration timeout) {
  return {.deadline = clock_.Now() + timeout,
          .metadata = {
              {"authorization", absl::StrCat("Bearer ", tokens_.Token())}}};
}

absl::StatusOr<internal::v1::ReadFeedResponse> RemoteFeed::Read(
    const internal::v1::ReadFeedRequest& request, absl::Duration timeout) {
  internal::v1::ReadFeedResponse response;
  CRM_RETURN_IF_ERROR(channel_.Call("/crm.internal.v1.Feed/Read", request,
                                    &response, OptionsFor(timeout)));
  return response;
}

absl::StatusOr<internal::v1::HeadFeedResponse> RemoteFeed::Head(
    absl::Duration timeout) {
  internal::v1::HeadFeedResponse response;
  CRM_RETURN_IF_ERROR(channel_.Call("/crm.internal.v1.Feed/Head",
                                    internal::v1::HeadFeedRequest(), &response,
                                    OptionsFor(timeout)));
  return response;
}

absl::Status RemoteFeed::Acknowledge(
    const internal::v1::AcknowledgeFeedRequest& request,
    absl::Duration timeout) {
  internal::v1::AcknowledgeFeedResponse response;
  return channel_.Call("/crm.internal.v1.Feed/Acknowledge", request, &response,
                       OptionsFor(timeout));
}

}  // namespace crm
