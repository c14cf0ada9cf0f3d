using System.Buffers;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Writes lines as a command reads them from standard input.</summary>
static class CommandInput
{
    const int BufferSize = 64 << 10;

    public static void Write(Stream input, ReadOnlySpan<ConveyorRecord> lines, byte lineEnd, HeaderLines header)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var length = 0;
        try
        {
            for (var i = -header.Lines.Count; i < lines.Length; i++)
            {
                var line = i < 0 ? header.Lines[^-i].Span : lines[i].Payload.Span;
                if (line.Length + 1 > buffer.Length - length)
                {
                    input.Write(buffer, 0, length);
                    length = 0;
                }
                if (line.Length + 1 > buffer.Length)
                    input.Write(line);
                else
                {
                    line.CopyTo(buffer.AsSpan(length));
                    length += line.Length;
                }
                buffer[length++] = lineEnd;
            }
            input.Write(buffer, 0, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
