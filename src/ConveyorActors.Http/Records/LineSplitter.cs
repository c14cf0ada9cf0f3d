namespace ConveyorActors.Http.Records;

/// <summary>Splits a body into lines. The last line may lack a line end.</summary>
sealed class LineSplitter : ItemSplitter
{
    const byte End = (byte)'\n';

    int scanned; // bytes of the unfinished line that are already scanned

    public override string Word => "line";

    public override bool TryTake(ReceivedBytes bytes, bool isEnd, out ReadOnlyMemory<byte> item)
    {
        var unread = bytes.Unread;
        var length = unread[scanned..].IndexOf(End);
        if (length >= 0)
        {
            item = bytes.Take(scanned + length);
            bytes.Skip(1);
        }
        else if (isEnd && !unread.IsEmpty)
            item = bytes.Take(unread.Length);
        else
        {
            scanned = unread.Length;
            item = default;
            return false;
        }
        scanned = 0;
        Number++;
        return true;
    }
}
