namespace ConveyorActors.Cli.Usage;

/// <summary>Reads small files that the user names. They may be pipes; a device without an end is refused.</summary>
static class InputFile
{
    /// <summary>The most bytes of a file with a key or with certificates.</summary>
    public const int MaxKeyBytes = 1 << 20;

    /// <summary>Returns the content of a file, a pipe or a device; null: it is too long.</summary>
    public static byte[]? ReadAtMost(string path, int maxBytes)
    {
        using var file = File.OpenRead(path);
        var all = new MemoryStream();
        var part = new byte[64 << 10];
        while (all.Length <= maxBytes && file.Read(part) is > 0 and var count)
            all.Write(part, 0, count);
        return all.Length > maxBytes ? null : all.ToArray();
    }

    /// <summary>Returns the content of a file, a pipe or a device.</summary>
    /// <exception cref="IOException">It cannot be read, or is too long.</exception>
    public static byte[] ReadBytes(string path, int maxBytes) =>
        ReadAtMost(path, maxBytes)
        ?? throw new IOException($"it has more than {maxBytes >> 20} MiB, which is the most that such a file may have");

    /// <summary>Returns the text in a file, a pipe or a device; without a byte order mark it is UTF-8.</summary>
    /// <exception cref="IOException">It cannot be read, or is too long.</exception>
    public static string ReadText(string path, int maxBytes) => DecodeText(ReadBytes(path, maxBytes));

    /// <summary>Returns the text in bytes; without a byte order mark they are UTF-8.</summary>
    public static string DecodeText(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes));
        return reader.ReadToEnd();
    }
}
