using System.Buffers;

namespace ConveyorActors.Http.Records;

/// <summary>Splits a body into lines. The last line may lack a line end.</summary>
sealed class LineSplitter : ItemSplitter
{
    const byte End = (byte)'\n';

    long scanned; // bytes of the unfinished line that are already scanned

    public override string Word => "line";

    public override long Unfinished(in ReadOnlySequence<byte> rest) => rest.Length;

    public override bool TryTake(ref ReadOnlySequence<byte> rest, bool isEnd, out ReadOnlySequence<byte> item)
    {
        if (rest.Slice(scanned).PositionOf(End) is { } end)
        {
            item = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
        }
        else if (isEnd && rest.Length > 0)
        {
            item = rest;
            rest = rest.Slice(rest.End);
        }
        else
        {
            scanned = rest.Length;
            item = default;
            return false;
        }
        scanned = 0;
        Number++;
        return true;
    }
}
