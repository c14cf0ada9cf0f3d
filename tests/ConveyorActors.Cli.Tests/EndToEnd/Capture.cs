using System.Text;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>What a process has written so far, and in the end all of it.</summary>
sealed class Capture
{
    readonly Lock gate = new();
    readonly MemoryStream written = new();

    public Capture(Stream from) => All = ReadAsync(from);

    /// <summary>Gets all that was written, once the process has ended.</summary>
    public Task<byte[]> All { get; }

    /// <summary>Gets what was written so far.</summary>
    public string SoFar
    {
        get
        {
            lock (gate)
                return Encoding.UTF8.GetString(written.GetBuffer(), 0, (int)written.Length);
        }
    }

    async Task<byte[]> ReadAsync(Stream from)
    {
        var buffer = new byte[64 << 10];
        while (await from.ReadAsync(buffer) is > 0 and var count)
            lock (gate)
                written.Write(buffer, 0, count);
        lock (gate)
            return written.ToArray();
    }
}
