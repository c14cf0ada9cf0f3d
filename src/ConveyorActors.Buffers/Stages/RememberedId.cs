using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ConveyorActors.Buffers.Stages;

/// <summary>
/// The form in which a duplicate window remembers an id: ids may have any length, and the memory of a window is bounded.
/// </summary>
static class RememberedId
{
    /// <summary>The most characters of the form; also the length of a SHA-256 hash in hexadecimal digits.</summary>
    public const int MaxLength = 64;

    /// <summary>
    /// Returns an id of at most 64 characters as it is, and the SHA-256 hash of a longer one. The form of a form is
    /// itself.
    /// </summary>
    public static string? Create(string? id) =>
        id is not { Length: > MaxLength }
            ? id
            : Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(id.AsSpan())));
}
