using System.Text;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>
/// Splits a line into words at blanks. Text between double or single quotes is one word; inside quotes there is no
/// escape character.
/// </summary>
static class WordSplitter
{
    /// <exception cref="InspectionException">A quote is not closed.</exception>
    public static IReadOnlyList<string> Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quote, isWord) = ('\0', false);
        foreach (var c in line)
        {
            if (quote != '\0')
            {
                if (c == quote)
                    quote = '\0';
                else
                    word.Append(c);
            }
            else if (c is '"' or '\'')
                (quote, isWord) = (c, true);
            else if (!char.IsWhiteSpace(c))
            {
                word.Append(c);
                isWord = true;
            }
            else if (isWord)
            {
                words.Add(word.ToString());
                word.Clear();
                isWord = false;
            }
        }
        if (quote != '\0')
            throw new InspectionException(
                InspectionException.WrongUsage,
                $"a quote ({quote}) is not closed; close it, or put the other kind around it"
            );
        if (isWord)
            words.Add(word.ToString());
        return words;
    }
}
