#pragma once
#include <string.h>
#include <zlib.h>

/// Prepares a compressor of raw DEFLATE (RFC 1951) with a window of 2^window_bits octets; 1 on success.
static inline int swiftike_deflate_init(z_stream *stream, int window_bits, int memory_level)
{
	memset(stream, 0, sizeof *stream);
	return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window_bits, memory_level,
			    Z_DEFAULT_STRATEGY) == Z_OK;
}

/// Prepares a decompressor of raw DEFLATE; 1 on success.
static inline int swiftike_inflate_init(z_stream *stream, int window_bits)
{
	memset(stream, 0, sizeof *stream);
	return inflateInit2(stream, -window_bits) == Z_OK;
}
