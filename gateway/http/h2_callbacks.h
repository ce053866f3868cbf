// The glue between H2Connection and libnghttp2: what the library calls, and
// header fields in its form. Only h2_connection.cc includes this.

#ifndef CRM_GATEWAY_HTTP_H2_CALLBACKS_H_
#define CRM_GATEWAY_HTTP_H2_CALLBACKS_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"
#include "gateway/http/h2_connection.h"

namespace crm::gateway {

// What is serialised before it is handed to the socket.
inline constexpr size_t kH2FlushBytes = 64 * 1024;

// Returns a field that points to `name` and `value`, which nghttp2 copies when
// it is submitted.
nghttp2_nv H2Field(absl::string_view name, absl::string_view value);

// Appends `headers`, without those that HTTP/2 forbids.
void AppendH2Fields(const Headers& headers, std::vector<nghttp2_nv>& fields);

// The functions that nghttp2 calls; `user` is the H2Connection. They never let
// nghttp2 run again from within, as its sessions are not reentrant.
class H2Callbacks {
 public:
  // Makes a session of the connection's role that calls the functions below.
  static nghttp2_session* NewSession(H2Connection& self);

  // Says how much of the next DATA frame there is; SendData() copies it.
  static ssize_t ReadBody(nghttp2_session* session, int32_t stream, uint8_t*,
                          size_t capacity, uint32_t* flags,
                          nghttp2_data_source* source, void*);

 private:
  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame*, void* user);
  static int OnHeader(nghttp2_session*, const nghttp2_frame*,
                      const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t,
                      void* user);
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame* frame, int,
                            void* user);
  static int OnData(nghttp2_session*, uint8_t, int32_t stream,
                    const uint8_t* data, size_t size, void* user);
  static int OnStreamClose(nghttp2_session*, int32_t stream,
                           uint32_t error_code, void* user);
  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame,
                         void* user);
  static int SendData(nghttp2_session*, nghttp2_frame* frame,
                      const uint8_t* frame_header, size_t size,
                      nghttp2_data_source* source, void* user);
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_H2_CALLBACKS_H_
