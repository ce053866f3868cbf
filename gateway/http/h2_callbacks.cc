#include "gateway/http/h2_callbacks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gateway/http/request_rules.h"

namespace crm::gateway {
namespace {

// RFC 9113 counts 32 bytes of overhead a field.
constexpr size_t kFieldOverheadBytes = 32;

absl::string_view View(const uint8_t* data, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(data), size);
}

struct SessionOptions {
  SessionOptions() { nghttp2_option_new(&option); }
  ~SessionOptions() { nghttp2_option_del(option); }
  nghttp2_option* option = nullptr;
};

H2Connection& Self(void* user) { return *static_cast<H2Connection*>(user); }

}  // namespace

nghttp2_nv H2Field(absl::string_view name, absl::string_view value) {
  // nghttp2 takes pointers to non-const and copies what they point to.
  auto* name_data =
      const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(name.data()));
  auto* value_data =
      const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(value.data()));
  return {name_data, value_data, name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

void AppendH2Fields(const Headers& headers, std::vector<nghttp2_nv>& fields) {
  for (const Header& header : headers) {
    if (IsConnectionHeader(header.name)) continue;
    fields.push_back(H2Field(header.name, header.value));
  }
}

int H2Callbacks::OnBeginHeaders(nghttp2_session*, const nghttp2_frame*,
                                void* user) {
  Self(user).block_ = HeaderBlock();
  Self(user).block_open_ = true;
  return 0;
}

int H2Callbacks::OnHeader(nghttp2_session*, const nghttp2_frame*,
                          const uint8_t* name, size_t name_size,
                          const uint8_t* value, size_t value_size, uint8_t,
                          void* user) {
  H2Connection& self = Self(user);
  HeaderBlock& block = self.block_;
  block.bytes += name_size + value_size + kFieldOverheadBytes;
  if (block.bytes > self.max_header_bytes_) {
    block.oversize = true;
    return 0;
  }
  block.fields.push_back({std::string(View(name, name_size)),
                          std::string(View(value, value_size))});
  return 0;
}

int H2Callbacks::OnFrame(nghttp2_session*, const nghttp2_frame* frame,
                         void* user) {
  H2Connection& self = Self(user);
  const bool end_stream = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      self.block_open_ = false;
      self.handler_.OnHeaders(frame->hd.stream_id, std::move(self.block_),
                              end_stream);
      break;
    case NGHTTP2_DATA:
      if (end_stream) self.handler_.OnEndStream(frame->hd.stream_id);
      break;
    case NGHTTP2_RST_STREAM:
      self.handler_.OnStreamBroken();
      break;
    case NGHTTP2_GOAWAY:
      self.handler_.OnGoaway();
      break;
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
        self.handler_.OnPingAnswered();
      }
      break;
    default:
      break;
  }
  return 0;
}

int H2Callbacks::OnInvalidFrame(nghttp2_session*, const nghttp2_frame* frame,
                                int, void* user) {
  if (frame->hd.type == NGHTTP2_HEADERS) Self(user).block_open_ = false;
  // A stream that we have to reset costs as much as one the peer resets.
  Self(user).handler_.OnStreamBroken();
  return 0;
}

int H2Callbacks::OnData(nghttp2_session*, uint8_t, int32_t stream,
                        const uint8_t* data, size_t size, void* user) {
  Self(user).handler_.OnData(stream, View(data, size));
  return 0;
}

int H2Callbacks::OnStreamClose(nghttp2_session*, int32_t stream,
                               uint32_t error_code, void* user) {
  Self(user).handler_.OnStreamClosed(stream, error_code);
  return 0;
}

int H2Callbacks::OnFrameSent(nghttp2_session* session,
                             const nghttp2_frame* frame, void* user) {
  const bool end_stream =
      (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  // A whole response before the whole request: the rest is not wanted.
  if (end_stream && Self(user).role_ == H2Role::kServer &&
      nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) ==
          0) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                              NGHTTP2_NO_ERROR);
  }
  return 0;
}

ssize_t H2Callbacks::ReadBody(nghttp2_session* session, int32_t stream,
                              uint8_t*, size_t capacity, uint32_t* flags,
                              nghttp2_data_source* source, void*) {
  auto& queue = *static_cast<SendQueue*>(source->ptr);
  if (queue.size() == 0 && !queue.ended()) {
    queue.set_starved(true);
    return NGHTTP2_ERR_DEFERRED;
  }
  const size_t count = std::min(capacity, queue.size());
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (queue.ended() && count == queue.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!queue.trailers().empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      std::vector<nghttp2_nv> fields;
      AppendH2Fields(queue.trailers(), fields);
      nghttp2_submit_trailer(session, stream, fields.data(), fields.size());
    }
  }
  return static_cast<ssize_t>(count);
}

int H2Callbacks::SendData(nghttp2_session*, nghttp2_frame* frame,
                          const uint8_t* frame_header, size_t size,
                          nghttp2_data_source* source, void* user) {
  H2Connection& self = Self(user);
  if (self.out_->size() >= kH2FlushBytes) {
    self.out_full_ = true;
    return NGHTTP2_ERR_WOULDBLOCK;
  }
  constexpr size_t kFrameHeaderBytes = 9;
  self.out_->append(reinterpret_cast<const char*>(frame_header),
                    kFrameHeaderBytes);
  auto& queue = *static_cast<SendQueue*>(source->ptr);
  queue.MoveTo(*self.out_, size);
  if (queue.TakeRelief()) self.relieved_.push_back(frame->hd.stream_id);
  return 0;
}

nghttp2_session* H2Callbacks::NewSession(H2Connection& self) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                          OnBeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks,
                                                               OnInvalidFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                         OnStreamClose);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, OnFrameSent);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, SendData);
  SessionOptions options;
  nghttp2_option_set_no_auto_window_update(options.option, 1);
  nghttp2_option_set_no_closed_streams(options.option, 1);
  nghttp2_session* session = nullptr;
  if (self.role_ == H2Role::kServer) {
    nghttp2_session_server_new2(&session, callbacks, &self, options.option);
  } else {
    nghttp2_session_client_new2(&session, callbacks, &self, options.option);
  }
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

}  // namespace crm::gateway
