// Application: the composition root. Options → storage → services → listener; and down again in
// reverse.
//
//   Result<std::unique_ptr<Application>> application = Application::start(options);
//   ... (*application)->port() ...
//   (*application)->stop();
//
// start() returns when the port answers. stop() finishes what is in flight, stops the runners,
// closes the store; idempotent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "server/options.h"

namespace penstock::server {

class Application {
 public:
  static Result<std::unique_ptr<Application>> start(Options options);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  std::uint16_t port() const;
  std::string url() const;  // http://127.0.0.1:<port>
  void stop();

 private:
  struct Impl;
  explicit Application(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock::server
