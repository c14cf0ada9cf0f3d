using System.Buffers;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Splits a JSON array into its items by brackets, strings and commas only; the parser of an item checks whether the
/// item is valid JSON. A body that does not begin with a bracket is split into lines.
/// </summary>
sealed class ArraySplitter : ItemSplitter
{
    enum Place
    {
        Begin,
        FirstItem,
        Item,
        AfterItem,
        End,
    }

    static readonly SearchValues<byte> Marks = SearchValues.Create("\"[]{},"u8),
        MarksInText = SearchValues.Create("\"\\"u8);

    Place place;
    LineSplitter? lines;
    int depth;
    bool isText,
        isEscaped;
    int scanned; // bytes of the unfinished item that are already scanned

    public override string Word => lines is null ? "item" : "line";

    public override bool TryTake(ReceivedBytes bytes, bool isEnd, out ReadOnlyMemory<byte> item)
    {
        item = default;
        while (true)
        {
            if (lines is not null)
            {
                var has = lines.TryTake(bytes, isEnd, out item);
                Number = lines.Number;
                return has;
            }
            if (place is Place.Item or Place.FirstItem && scanned > 0)
                return TakeItem(bytes, isEnd, out item);
            if (!SkipBlanks(bytes, out var next))
            {
                if (isEnd && place is not (Place.Begin or Place.End))
                    throw new BadItemException(Number + 1, "the array does not end");
                return false;
            }
            switch (place)
            {
                case Place.Begin when next == '[':
                    place = Place.FirstItem;
                    bytes.Skip(1);
                    break;
                case Place.Begin:
                    lines = new();
                    break;
                case Place.FirstItem or Place.AfterItem when next == ']':
                    place = Place.End;
                    bytes.Skip(1);
                    break;
                case Place.AfterItem when next == ',':
                    place = Place.Item;
                    bytes.Skip(1);
                    break;
                case Place.AfterItem:
                    throw new BadItemException(
                        Number,
                        $"{Describe(next)} follows it; it must be a comma or the end of the array"
                    );
                case Place.End:
                    throw new BadItemException(
                        Number,
                        $"{Describe(next)} follows the end of the array; it must be the last thing in the body"
                    );
                default:
                    return TakeItem(bytes, isEnd, out item);
            }
        }
    }

    bool TakeItem(ReceivedBytes bytes, bool isEnd, out ReadOnlyMemory<byte> item)
    {
        item = default;
        var unread = bytes.Unread;
        for (var at = scanned; at < unread.Length; at++)
        {
            if (isEscaped)
            {
                isEscaped = false;
                continue;
            }
            var skipped = unread[at..].IndexOfAny(isText ? MarksInText : Marks);
            if (skipped < 0)
                break;
            at += skipped;
            var next = unread[at];
            if (next == '\\')
                isEscaped = true;
            else if (next == '"')
                isText = !isText;
            else if (next is (byte)'[' or (byte)'{')
                depth++;
            else if (next is (byte)']' or (byte)'}' && depth > 0)
                depth--;
            else if (depth == 0)
            {
                if (at == 0)
                    throw new BadItemException(Number + 1, $"an element is missing before {Describe(next)}");
                item = bytes.Take(at);
                (place, scanned) = (Place.AfterItem, 0);
                Number++;
                return true;
            }
        }
        scanned = unread.Length;
        if (place == Place.FirstItem)
            place = Place.Item;
        return isEnd ? throw new BadItemException(Number + 1, "the array does not end") : false;
    }

    static bool SkipBlanks(ReceivedBytes bytes, out byte next)
    {
        var unread = bytes.Unread;
        var blanks = unread.IndexOfAnyExcept(" \t\r\n"u8);
        bytes.Skip(blanks < 0 ? unread.Length : blanks);
        next = blanks < 0 ? default : unread[blanks];
        return blanks >= 0;
    }

    static string Describe(byte value) => value is > 32 and < 127 ? $"'{(char)value}'" : $"byte {value}";
}
