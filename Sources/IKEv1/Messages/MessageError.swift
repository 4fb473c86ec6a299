package import ISAKMP

/// Why octets are not an IKEv1 message, or a message cannot be written.
package typealias MessageError = CodecError<PayloadType>
