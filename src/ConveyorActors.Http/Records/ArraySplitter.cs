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

    Place place;
    LineSplitter? lines;
    int depth;
    bool isText,
        isEscaped;
    long scanned; // bytes of the unfinished item that are already scanned

    public override string Word => lines is null ? "item" : "line";

    public override long Unfinished(in ReadOnlySequence<byte> rest) => rest.Length;

    public override bool TryTake(ref ReadOnlySequence<byte> rest, bool isEnd, out ReadOnlySequence<byte> item)
    {
        item = default;
        while (true)
        {
            if (lines is not null)
            {
                var has = lines.TryTake(ref rest, isEnd, out item);
                Number = lines.Number;
                return has;
            }
            if (place is Place.Item or Place.FirstItem && scanned > 0)
                return TakeItem(ref rest, isEnd, out item);
            if (!SkipBlanks(ref rest, out var next))
            {
                if (isEnd && place is not (Place.Begin or Place.End))
                    throw new BadItemException(Number + 1, "the array does not end");
                return false;
            }
            switch (place)
            {
                case Place.Begin when next == '[':
                    place = Place.FirstItem;
                    rest = rest.Slice(1);
                    break;
                case Place.Begin:
                    lines = new();
                    break;
                case Place.FirstItem or Place.AfterItem when next == ']':
                    place = Place.End;
                    rest = rest.Slice(1);
                    break;
                case Place.AfterItem when next == ',':
                    place = Place.Item;
                    rest = rest.Slice(1);
                    break;
                case Place.AfterItem:
                    throw new BadItemException(
                        Number,
                        $"{Shown(next)} follows it; it must be a comma or the end of the array"
                    );
                case Place.End:
                    throw new BadItemException(
                        Number,
                        $"{Shown(next)} follows the end of the array; it must be the last thing in the body"
                    );
                default:
                    return TakeItem(ref rest, isEnd, out item);
            }
        }
    }

    bool TakeItem(ref ReadOnlySequence<byte> rest, bool isEnd, out ReadOnlySequence<byte> item)
    {
        item = default;
        var reader = new SequenceReader<byte>(rest);
        reader.Advance(scanned);
        while (reader.TryRead(out var next))
        {
            if (isText)
            {
                if (isEscaped)
                    isEscaped = false;
                else if (next == '\\')
                    isEscaped = true;
                else if (next == '"')
                    isText = false;
                continue;
            }
            if (next == '"')
                isText = true;
            else if (next is (byte)'[' or (byte)'{')
                depth++;
            else if (next is (byte)']' or (byte)'}' && depth > 0)
                depth--;
            else if (next is (byte)',' or (byte)']' or (byte)'}' && depth == 0)
            {
                reader.Rewind(1);
                if (reader.Consumed == 0)
                    throw new BadItemException(Number + 1, $"it is missing before {Shown(next)}");
                item = rest.Slice(0, reader.Position);
                rest = rest.Slice(reader.Position);
                (place, scanned) = (Place.AfterItem, 0);
                Number++;
                return true;
            }
        }
        scanned = rest.Length;
        if (place == Place.FirstItem)
            place = Place.Item;
        return isEnd ? throw new BadItemException(Number + 1, "the array does not end") : false;
    }

    static bool SkipBlanks(ref ReadOnlySequence<byte> rest, out byte next)
    {
        var reader = new SequenceReader<byte>(rest);
        reader.AdvancePastAny((byte)' ', (byte)'\t', (byte)'\r', (byte)'\n');
        rest = rest.Slice(reader.Position);
        return reader.TryPeek(out next);
    }

    static string Shown(byte value) => value is > 32 and < 127 ? $"'{(char)value}'" : $"byte {value}";
}
