using System.Collections;

namespace ConveyorActors.Storage.Model;

/// <summary>
/// A queue's groups, in order. There may be many, and most are removed at the front; removing one moves the neighbours
/// on its shorter side.
/// </summary>
/// <remarks>Guarded by the model's lock.</remarks>
sealed class GroupList : IReadOnlyList<Group>
{
    Group[] ring = new Group[4]; // the length is a power of two
    int head;

    public int Count { get; private set; }

    public Group this[int place] => ring[GetIndex(place)];

    public void Add(Group group)
    {
        if (Count == ring.Length)
            Grow();
        ring[GetIndex(Count++)] = group;
    }

    public void RemoveAt(int place)
    {
        if (place < Count / 2)
        {
            for (var i = place; i > 0; i--)
                ring[GetIndex(i)] = ring[GetIndex(i - 1)];
            ring[head] = null!;
            head = GetIndex(1);
        }
        else
        {
            for (var i = place; i < Count - 1; i++)
                ring[GetIndex(i)] = ring[GetIndex(i + 1)];
            ring[GetIndex(Count - 1)] = null!;
        }
        Count--;
    }

    public void Clear()
    {
        Array.Clear(ring);
        (head, Count) = (0, 0);
    }

    /// <summary>Returns at most a number of groups, from a place on.</summary>
    public Group[] GetRange(int place, int most)
    {
        var some = new Group[Math.Clamp(Count - place, 0, most)];
        for (var i = 0; i < some.Length; i++)
            some[i] = this[place + i];
        return some;
    }

    public IEnumerator<Group> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    int GetIndex(int place) => (head + place) & (ring.Length - 1);

    void Grow()
    {
        var larger = new Group[ring.Length * 2];
        for (var i = 0; i < Count; i++)
            larger[i] = this[i];
        (ring, head) = (larger, 0);
    }
}
