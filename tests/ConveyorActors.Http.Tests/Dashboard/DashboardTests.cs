using ConveyorActors.Http.Server;
using ConveyorActors.Storage;
using Microsoft.Playwright;

namespace ConveyorActors.Http.Tests.Dashboard;

/// <summary>The dashboard, in a browser.</summary>
public sealed class DashboardTests(Chromium chromium) : IClassFixture<Chromium>
{
    static readonly ConveyorHttpOptions Quick = new() { SampleEvery = TimeSpan.FromMilliseconds(50) };

    [BrowserFact]
    public async Task A_fill_below_one_percent_is_not_shown_as_none()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 1_000 }, Quick);
        await using var browser = await OpenAsync(serving);

        await Serving.OkAsync(await serving.OfferAsync("1"));

        await browser.SeesAsync("#belt .stage", "1 of 1,000 records, under 1 % full");
    }

    [BrowserFact]
    public async Task The_page_shows_stages_sources_and_the_balance_and_stays_up_to_date()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 10 }, Quick);
        await using var browser = await OpenAsync(serving);
        await browser.SeesAsync("#empty", "There is no pipeline yet.");

        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3"));

        await browser.SeesAsync("#connection", "live");
        await browser.SeesAsync("#belt .stage", "3 of 10 records, 30 % full");
        await browser.SeesAsync("#sources tr", "web");
        await browser.SeesAsync("#conservation", "3 offered");
        await browser.SeesAsync("#conservation", "✓ every record is accounted for");
        await browser.SeesNoneAsync("#empty");

        var lease = (await serving.LeaseAsync()).Text("leaseId");
        await browser.Page.Locator("#totals").GetByText("1 open lease", new() { Exact = true }).WaitForAsync();
        await serving.PostAsync($"/v1/leases/{lease}/complete", "");

        await browser.SeesAsync("#belt .stage", "0 of 10 records, 0 % full");
        await browser.SeesAsync("#totals", "0 open leases");
        await browser.SeesAsync("#conservation", "= 3 settled");
        await browser
            .Page.Locator("#throughput path.line-0[d*=L]")
            .WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await browser
            .Page.Locator("#latency path.line-1[d*=L]")
            .WaitForAsync(new() { State = WaitForSelectorState.Attached });
    }

    [BrowserFact]
    public async Task A_source_is_told_of_its_records_that_are_not_loaded_yet()
    {
        var folder = Directory.CreateTempSubdirectory("conveyor").FullName;
        try
        {
            await using (var before = await Serving.StartAsync(stores: DataDirectory.Open(folder)))
                await Serving.OkAsync(
                    await before.OfferAsync(string.Concat(Enumerable.Range(1, 100).Select(i => $"{i}\n")))
                );
            await using var serving = await Serving.StartAsync(
                new() { MaxTotalRecords = 100 },
                Quick,
                stores: DataDirectory.Open(folder)
            );
            serving.Service.GetManager("orders");
            await using var browser = await OpenAsync(serving);

            await browser.ClickAsync("#sources .why");

            await browser.SeesAsync("#why-text", "Source web may send, but not to every stage.");
            await browser.SeesAsync(
                "#why-text",
                "of its 100 records are from before the start and still only in the store."
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [BrowserFact]
    public async Task Why_a_source_is_held_is_one_click_away()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 10 }, Quick);
        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3\n4\n5\n6\n7\n8\n9\n10"));
        await serving.PostAsync("/v1/pipelines/orders/stages/parse/leases", """{"max":2,"consumer":"loader"}""");
        await using var browser = await OpenAsync(serving);
        await browser.SeesAsync("#sources .signal", "pause");

        await browser.ClickAsync("#sources .why");

        await browser.SeesAsync("#why-title", "Why is source web held?");
        await browser.SeesAsync("#why-text", "Source web must pause.");
        await browser.SeesAsync("#why-text", "Stage parse holds 10 of 10 records (100 %)");
        await browser.SeesAsync("#why-text", "Consumer loader has had 2 of them for");
        await browser.ClickAsync("#why button");
        await browser.SeesNoneAsync("#why");
        await browser.Page.FillAsync("#source-name", "wbe");
        await browser.ClickAsync("#find-source button");
        await browser.SeesAsync("#why-text", "did you mean 'web'?");
    }

    [BrowserFact]
    public async Task Dead_letters_are_listed_replayed_and_purged()
    {
        await using var serving = await Serving.StartAsync(api: Quick);
        await Serving.OkAsync(await serving.OfferAsync("1\n2"));
        await DeadLetterAsync(serving);
        await using var browser = await OpenAsync(serving);

        await browser.ClickAsync("#belt button.dead-letters");
        await browser.SeesAsync("#dead-letters-list tr:nth-child(2)", "no such customer");
        await browser.ClickAsync("#replay");
        await browser.SeesAsync("#dead-letters-note", "2 replayed. There are no dead letters.");
        Assert.Equal(["1", "2"], await serving.WaitingAsync());
        await browser.ClickAsync("#dead-letters form button");
        await browser.SeesNoneAsync("#belt button.dead-letters");

        await DeadLetterAsync(serving);
        await browser.ClickAsync("#belt button.dead-letters");
        await browser.ClickAsync("#purge");
        await browser.SeesAsync("#purge", "Purge them for good?");
        Assert.Equal(2, (await serving.Service.GetDeadLettersAsync("orders", "parse", 10)).Count);
        await browser.ClickAsync("#purge");
        await browser.SeesAsync("#dead-letters-note", "2 purged.");
        Assert.Empty(await serving.Service.GetDeadLettersAsync("orders", "parse", 10));
    }

    [BrowserFact]
    public async Task The_audit_shows_every_level()
    {
        await using var serving = await Serving.StartAsync(api: Quick);
        await Serving.OkAsync(await serving.OfferAsync("1\n2"));
        await using var browser = await OpenAsync(serving);

        await browser.ClickAsync("#audit-button");

        await browser.SeesAsync("#audit .verdict", "✓ Everything adds up.");
        foreach (var level in (string[])["pipeline", "stage parse", "source web"])
            await browser.SeesAsync("#audit tbody th", level);
    }

    [BrowserFact]
    public async Task A_lost_server_is_reported_and_the_page_connects_again()
    {
        await using var service = new EmbeddedBufferService();
        var options = new ConveyorServerOptions { Listen = new(IPAddress.Loopback, 0), Api = Quick };
        await using var browser = await chromium.OpenAsync();
        await using (var server = await ConveyorServer.StartAsync(service, options))
        {
            options = options with { Listen = new(IPAddress.Loopback, server.Address.Port) };
            await service.BufferForStageAsync("orders", "parse", "web", new ConveyorRecord("1", new byte[1]));
            await browser.Page.GotoAsync(server.Address.ToString());
            await browser.SeesAsync("#connection[data-state=live]", "live");
            await browser.SeesAsync("#belt .stage", "parse");
        }
        await browser.SeesAsync("#connection[data-state=gone]", "connecting again …");

        await using var again = await ConveyorServer.StartAsync(service, options);

        await browser.SeesAsync("#connection[data-state=live]", "live");
        await service.BufferForStageAsync("orders", "store", "web", new ConveyorRecord("2", new byte[1]));
        await browser.SeesAsync("#belt .stage", "store");
    }

    [BrowserFact]
    public async Task The_page_asks_for_the_key_and_keeps_it_in_this_tab_only()
    {
        const string key = "0123456789abcdef";
        await using var serving = await Serving.StartAsync(api: Quick, change: o => o with { ApiKey = key });
        await serving.Service.BufferForStageAsync("orders", "parse", "web", new ConveyorRecord("1", new byte[1]));
        await using var browser = await OpenAsync(serving);

        await browser.Page.FillAsync("#key", "another");
        await browser.ClickAsync("#key-form button");
        await browser.SeesAsync("#key-wrong", "This is not the server's key.");
        await browser.Page.FillAsync("#key", key);
        await browser.ClickAsync("#key-form button");

        await browser.SeesAsync("#belt .stage", "parse");
        Assert.Equal([key], await browser.Page.EvaluateAsync<string[]>("Object.values(sessionStorage)"));
        Assert.True(await browser.Page.IsHiddenAsync("#metrics-link"), "a link without the key would be refused");
        Assert.True(await browser.Page.IsVisibleAsync("#links a[href=docs]"), "the page needs no key");
        Assert.Equal(0, await browser.Page.EvaluateAsync<int>("localStorage.length + document.cookie.length"));
        await browser.Page.ReloadAsync();
        await browser.SeesAsync("#belt .stage", "parse");
    }

    [BrowserFact]
    public async Task Names_and_records_are_shown_literally_and_never_as_HTML()
    {
        const string hostile = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>";
        await using var serving = await Serving.StartAsync(api: Quick);
        await Serving.OkAsync(
            await serving.OfferAsync(
                hostile,
                "text/plain",
                $"source={Uri.EscapeDataString(hostile)}",
                Uri.EscapeDataString(hostile)
            )
        );
        var lease = await serving.LeaseAsync(stage: Uri.EscapeDataString(hostile));
        await serving.PostAsync(
            $"/v1/leases/{lease.Text("leaseId")}/dead-letter",
            JsonSerializer.Serialize(new { reason = hostile })
        );
        await using var browser = await OpenAsync(serving);

        await browser.SeesAsync("#belt h3", hostile);
        await browser.SeesAsync("#sources th", hostile);
        await browser.ClickAsync("#belt button.dead-letters");
        await browser.SeesAsync("#dead-letters-list code", hostile);

        Assert.Equal(0, await browser.Page.Locator("b, img").CountAsync());
        Assert.NotEqual("owned", await browser.Page.TitleAsync());
    }

    [BrowserFact]
    public async Task The_page_can_be_used_at_400_pixels_in_light_and_dark()
    {
        await using var serving = await Serving.StartAsync(api: Quick);
        await Serving.OkAsync(await serving.OfferAsync("1\n2", query: $"source={new string('w', 200)}"));
        await Serving.OkAsync(
            await serving.PostAsync($"/v1/pipelines/{new string('x', 200)}/stages/s/records?source=web", "1")
        );
        var backgrounds = new HashSet<string>();
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using var browser = await OpenAsync(
                serving,
                new()
                {
                    ViewportSize = new() { Width = 400, Height = 800 },
                    ColorScheme = scheme,
                }
            );
            await browser.SeesAsync("#sources tr", "www");
            await browser.SeesAsync("#pipeline-choice", "xxx");
            await browser.ClickAsync("#audit-button");
            await browser.SeesAsync("#audit", "adds up");

            Assert.Equal(400, await browser.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            backgrounds.Add(
                await browser.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")
            );
        }
        Assert.Equal(2, backgrounds.Count);
    }

    [BrowserFact]
    public async Task Everything_can_be_reached_by_keyboard_and_the_focus_returns()
    {
        await using var serving = await Serving.StartAsync(api: Quick);
        await Serving.OkAsync(await serving.OfferAsync("1\n2"));
        await DeadLetterAsync(serving);
        await using var browser = await OpenAsync(serving);
        await browser.SeesAsync("#sources tr", "web");
        await browser.SeesAsync("#belt button", "dead letters");

        await TabToAsync(browser.Page, "dead-letters");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#dead-letters-list", "no such customer");
        await browser.Page.Keyboard.PressAsync("Escape");
        await browser.SeesNoneAsync("#dead-letters");
        await TabToAsync(browser.Page, "why");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#why-text", "Source web is not held. It may send.");
        await browser.Page.Keyboard.PressAsync("Escape");
        await browser.SeesNoneAsync("#why");

        Assert.Equal("why", await browser.Page.EvaluateAsync<string>("document.activeElement.className"));
        await TabToAsync(browser.Page, "", id: "audit-button");
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.SeesAsync("#audit", "Everything adds up.");
    }

    [BrowserFact]
    public async Task A_screen_reader_finds_roles_and_labels()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 10 }, Quick);
        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3"));
        await using var browser = await OpenAsync(serving);
        var page = browser.Page;

        var meter = page.GetByRole(AriaRole.Meter, new() { Name = "fill of stage parse" });
        await meter.WaitForAsync();
        Assert.Equal("3 of 10 records, 30 % full", await meter.GetAttributeAsync("aria-valuetext"));
        Assert.Equal("30", await meter.GetAttributeAsync("aria-valuenow"));
        foreach (
            var region in (string[])
                ["Pipeline orders", "Stages", "The last five minutes", "Sources", "Conservation at every level"]
        )
            await page.GetByRole(AriaRole.Region, new() { Name = region, Exact = true }).WaitForAsync();
        await page.GetByRole(AriaRole.Banner).GetByRole(AriaRole.Status).WaitForAsync();
        await page.GetByRole(AriaRole.Img, new() { Name = "Records per second" }).WaitForAsync();
        await page.GetByRole(AriaRole.Rowheader, new() { Name = "web" }).WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Is source web held?" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog, new() { Name = "Why is source web held?" }).WaitForAsync();
    }

    [BrowserFact]
    public async Task The_page_hides_actions_on_a_read_only_server()
    {
        await using var serving = await Serving.StartAsync(
            api: Quick with
            {
                IsReadOnly = true,
                StageOrder = ["parse", "load"],
            }
        );
        await serving.Service.BufferForStageAsync("orders", "load", "web", new ConveyorRecord("1", new byte[1]));
        await serving.Service.BufferForStageAsync("orders", "parse", "web", new ConveyorRecord("2", new byte[1]));
        var lease = await serving.Service.GetBatchAsync("orders", "parse", new(1));
        await serving.Service.DeadLetterAsync("orders", "parse", lease.Id, null, "no such customer");
        await using var browser = await OpenAsync(serving);

        await browser.ClickAsync("#belt button.dead-letters");
        await browser.SeesAsync("#dead-letters-list", "no such customer");

        Assert.False(await browser.Page.IsVisibleAsync("#replay"));
        Assert.False(await browser.Page.IsVisibleAsync("#purge"));
        await browser.SeesAsync("#read-only", "This server is read-only.");
        Assert.Equal(["parse", "load"], await browser.Page.Locator("#belt h3").AllTextContentsAsync());
    }

    [BrowserFact]
    public async Task One_of_several_pipelines_is_shown_and_another_can_be_selected()
    {
        await using var serving = await Serving.StartAsync(api: Quick);
        foreach (var name in (string[])["invoices", "orders"])
            await serving.Service.BufferForStageAsync(
                name,
                $"parse-{name}",
                "web",
                new ConveyorRecord("1", new byte[1])
            );
        await using var browser = await OpenAsync(serving);
        await browser.SeesAsync("#belt h3", "parse-invoices");

        await browser.Page.SelectOptionAsync("#pipeline", "orders");

        await browser.SeesAsync("#belt h3", "parse-orders");
        await browser.SeesAsync("#pipeline-name", "orders");
    }

    [BrowserFact]
    public async Task The_page_loads_nothing_from_other_servers()
    {
        await using var serving = await Serving.StartAsync(api: Quick);
        await Serving.OkAsync(await serving.OfferAsync("1"));
        await using var browser = await OpenAsync(serving);
        await browser.SeesAsync("#belt .stage", "parse");

        Assert.All(
            browser.Requested,
            url => Assert.StartsWith(serving.Server.Address.ToString(), url, StringComparison.Ordinal)
        );
        Assert.Contains(browser.Requested, url => url.EndsWith("/v1/events", StringComparison.Ordinal));
    }

    async Task<BrowserPage> OpenAsync(Serving serving, BrowserNewContextOptions? options = null)
    {
        var browser = await chromium.OpenAsync(options);
        await browser.Page.GotoAsync(serving.Server.Address.ToString());
        return browser;
    }

    static async Task DeadLetterAsync(Serving serving) =>
        await Serving.OkAsync(
            await serving.PostAsync(
                $"/v1/leases/{(await serving.LeaseAsync()).Text("leaseId")}/dead-letter",
                """{"reason":"no such customer"}"""
            )
        );

    static async Task TabToAsync(IPage page, string className, string? id = null)
    {
        const int most = 40;
        for (var i = 0; i < most; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (
                id is null
                    ? await page.EvaluateAsync<string>("document.activeElement.className") == className
                    : await page.EvaluateAsync<string>("document.activeElement.id") == id
            )
                return;
        }
        Assert.Fail($"'{id ?? className}' is not reached by the keyboard");
    }
}
