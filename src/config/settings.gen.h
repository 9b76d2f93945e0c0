/* Made by scripts/generate from api/settings.json; do not edit. */
#ifndef HEARTH_CONFIG_SETTINGS_GEN_H
#define HEARTH_CONFIG_SETTINGS_GEN_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
/* Texts are never NULL; sizes are bytes, durations milliseconds. */
struct hearth_settings {
    /* folder of the database, blobs, logs and run-time files */
    const char *home;
    /* hearth.yml to read; without it the one of the current folder, else the home's */
    const char *config;
    /* server that a command talks to; without it the one that runs on this home */
    const char *url;
    /* address to listen on (IPv4 or IPv6 literal, or localhost for both loopbacks); any but a loopback needs api_key or insecure */
    const char *host;
    /* TCP port; 0 takes a free one */
    int64_t port;
    /* also listen on this Unix socket */
    const char *unix_socket;
    /* key that clients must send (Authorization: Bearer, or x-api-key) */
    const char *api_key;
    /* listen on other than loopback addresses without a key */
    bool insecure;
    /* ends with NULL: names that a Host header may carry, besides IP literals, localhost and *.localhost */
    const char *const *allowed_hosts;
    /* ends with NULL: origins that pages may call from; `local` is any page of this machine (localhost, a loopback address, any port) and the web views of installed apps, * is any */
    const char *const *cors_origins;
    /* PEM file with the certificate chain; turns TLS on */
    const char *tls_certificate;
    /* PEM file with the private key */
    const char *tls_key;
    /* least level that is logged */
    const char *log_level;
    /* log each request at level info (else at debug) */
    bool access_log;
    /* bytes: request line and header fields together */
    uint64_t header_bytes_max;
    /* header fields of a request */
    int64_t header_count_max;
    /* bytes: body of a request; parsed, it may take ten times as much memory (at least 16 MiB), and all bodies at once four times that */
    uint64_t body_bytes_max;
    /* connections at once */
    int64_t connections_max;
    /* connections at once from one address; 0 is no limit of its own */
    int64_t connections_per_address_max;
    /* HTTP/2 streams at once in a connection */
    int64_t streams_max;
    /* milliseconds: time for a whole request head, and for each 1 KiB of a body */
    uint64_t header_timeout;
    /* milliseconds: how long a connection without a request is kept */
    uint64_t idle_timeout;
    /* milliseconds: how long a client may read nothing of what waits for it */
    uint64_t write_timeout;
    /* bytes: bytes that may wait for one connection before its producer pauses, and before its next request is begun */
    uint64_t write_buffer_max;
    /* bytes: bytes that may wait for all connections together, where a request in progress counts as 16 KiB; near it, clients that take less than 16 KiB of their answers in a second are closed, and over it requests are 503 */
    uint64_t connection_buffers_max;
    /* compress answers for clients that accept it */
    bool gzip;
    /* milliseconds: how long running requests may finish after SIGTERM */
    uint64_t drain_timeout;
    /* milliseconds: longest time for one inference request; 0 is none */
    uint64_t request_timeout;
    /* model of a request that names none, where it can do what is asked; without it the only model that can */
    const char *default_model;
    /* tokens for each sequence; 0: the smaller of the model's own and 4,096 */
    int64_t context;
    /* sequences that a model computes at once; 0: the engine's own number (llama 4, encoder 64 or more) */
    int64_t slots;
    /* most tokens in one step; 0: the engine's own number (llama 512, encoder 256 for each thread, at least 512) */
    int64_t batch;
    /* threads that each worker computes with; 0: one for each core, shared among a model's replicas */
    int64_t threads;
    /* workers that compute a model side by side */
    int64_t replicas;
    /* cores of a model's workers: auto (each of several has its own, by NUMA node), off, or lists such as 0-3;4-7 */
    const char *affinity;
    /* requests that may wait for one model; texts of lists take at most half of it, and one place for each list */
    int64_t queue_max;
    /* estimated tokens that may wait for one model; 0 is no limit */
    int64_t queue_tokens_max;
    /* bytes: vectors that are kept for texts that come again; 0 is none */
    uint64_t embedding_cache_bytes;
    /* compute a text once that several requests ask for at the same time */
    bool embedding_dedup;
    /* milliseconds: longest time for loading a model */
    uint64_t load_timeout;
    /* milliseconds: a worker that is silent for so long is ended */
    uint64_t heartbeat_timeout;
    /* milliseconds: how long a worker may finish its requests when its model is stopped, before it is killed */
    uint64_t stop_timeout;
    /* milliseconds: unload a model that was not used for so long; 0 is never */
    uint64_t idle_unload;
    /* crashes in a row before a model, or one of its replicas, rests */
    int64_t breaker_failures;
    /* milliseconds: how long it rests */
    uint64_t breaker_rest;
    /* milliseconds: how long a model stays loaded before it gives way to another */
    uint64_t shortest_residency;
    /* milliseconds: a model that has waited so long for room gets that of one that was loaded just now too */
    uint64_t longest_wait;
    /* bytes: memory that loading a model must leave free */
    uint64_t memory_headroom;
    /* bytes: memory that all models together may take; 0: what the machine (or its cgroup) has */
    uint64_t memory_limit;
    /* confine workers with Landlock and seccomp: as far as the kernel can, or not run without, or not at all */
    const char *sandbox;
    /* serve this file without a registry entry */
    const char *model;
    /* take exactly what hearth.lock says, refuse what differs */
    bool locked;
    /* folder of engine plug-ins; without it the one beside the program */
    const char *engines;
    /* hub that hf: sources come from */
    const char *hf_endpoint;
    /* token for private models */
    const char *hf_token;
    /* files fetched at once */
    int64_t download_parallel;
    /* tries after a broken transfer */
    int64_t download_retries;
    /* sqlite:PATH (a relative one is within the home) or memory:; without it hearth.db in the home */
    const char *database_url;
    /* tracking server of training runs (kept for the trainer) */
    const char *mlflow_tracking_uri;
    /* folder of artifacts; without it artifacts/ in the home */
    const char *artifact_root;
    /* artifacts in use; without it active/ in artifact_root */
    const char *storage_active_path;
    /* artifacts put away; without it archive/ in artifact_root */
    const char *storage_archive_path;
};

#endif
