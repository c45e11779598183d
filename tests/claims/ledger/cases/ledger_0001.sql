BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE ledger_anchor (
	anchor_id INTEGER NOT NULL, 
	entry_count BIGINT NOT NULL, 
	heads_digest TEXT NOT NULL, 
	PRIMARY KEY (anchor_id), 
	CONSTRAINT ck_ledger_one_anchor CHECK (anchor_id = 1)
);
INSERT INTO "ledger_anchor" VALUES(1,15,'ad48241a57d72b826becfbf6bfabff057193ac0b95ad7d5dc07eea2ef5525f2c');
CREATE TABLE ledger_entries (
	event_id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	policy_number TEXT NOT NULL, 
	location_number TEXT NOT NULL, 
	incident_id TEXT NOT NULL, 
	step INTEGER NOT NULL, 
	entry_kind TEXT NOT NULL, 
	from_state TEXT, 
	to_state TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	recorded_at_utc TEXT NOT NULL, 
	prev_hash TEXT NOT NULL, 
	row_hash TEXT NOT NULL, 
	PRIMARY KEY (event_id, seq), 
	CONSTRAINT uq_ledger_incident_step UNIQUE (incident_id, step), 
	CONSTRAINT ck_ledger_seq CHECK (seq >= 1), 
	CONSTRAINT ck_ledger_detected_first CHECK ((step = 1) = (entry_kind = 'detected')), 
	CONSTRAINT ck_ledger_born_once CHECK ((step = 1) = (from_state IS NULL))
);
INSERT INTO "ledger_entries" VALUES('storm-2018',1,'1','1','inc-3226f47321dd4b7fe94c1d6c',1,'detected',NULL,'DETECTED','system','{"building_id":null,"coverage_reasons":["in_force","peril_covered"],"coverage_result":"pass","decision":"review","decision_reasons":["severe_damage"],"hazard_basis":"track","model_sha256":"abababababababababababababababababababababababababababababababab","p_damage":0.97,"p_destroyed":0.8,"p_major":0.15,"p_minor":0.03,"p_no_damage":0.02,"p_severe":0.95,"post_captured_at_utc":"2018-10-11T16:30:00.000000Z","post_scene_id":"post-1","pre_captured_at_utc":"2018-01-01T16:00:00.000000Z","pre_scene_id":"pre-1","prior_damage":0.6,"status":"ambiguous_match","status_reason":"clear","tier":"U"}','2018-10-12T06:00:00.000000Z','0000000000000000000000000000000000000000000000000000000000000000','723a322f56c4996fe524f8bd1ff56fe164de77e949f16f5a48d1c58b639c1a70');
INSERT INTO "ledger_entries" VALUES('storm-2018',2,'1','1','inc-3226f47321dd4b7fe94c1d6c',2,'screened','DETECTED','SCREENED','system','{"decision":"review"}','2018-10-12T06:00:00.000000Z','723a322f56c4996fe524f8bd1ff56fe164de77e949f16f5a48d1c58b639c1a70','4e1a387a8c87af3942ac5f4ceee459af588b6d8ff417195bba474313c778947e');
INSERT INTO "ledger_entries" VALUES('storm-2018',3,'P0000','1','inc-86edd07d92e1adb2ba951df5',1,'detected',NULL,'DETECTED','system','{"building_id":"b-0","coverage_reasons":["in_force","peril_covered"],"coverage_result":"pass","decision":"open_draft","decision_reasons":["severe_damage"],"hazard_basis":"track","model_sha256":"abababababababababababababababababababababababababababababababab","p_damage":0.97,"p_destroyed":0.8,"p_major":0.15,"p_minor":0.03,"p_no_damage":0.02,"p_severe":0.95,"post_captured_at_utc":"2018-10-11T16:30:00.000000Z","post_scene_id":"post-1","pre_captured_at_utc":"2018-01-01T16:00:00.000000Z","pre_scene_id":"pre-1","prior_damage":0.6,"status":"graded","status_reason":"clear","tier":"T4"}','2018-10-12T06:00:00.000000Z','4e1a387a8c87af3942ac5f4ceee459af588b6d8ff417195bba474313c778947e','271ec59782cacc4cae0e8c41f97c1f28b20ae1190a3752f1213e6eb607ce8f3c');
INSERT INTO "ledger_entries" VALUES('storm-2018',4,'P0000','1','inc-86edd07d92e1adb2ba951df5',2,'screened','DETECTED','SCREENED','system','{"decision":"open_draft"}','2018-10-12T06:00:00.000000Z','271ec59782cacc4cae0e8c41f97c1f28b20ae1190a3752f1213e6eb607ce8f3c','8ca1795111e7ccef03922d63f945d2b4325caa2dbe67c4957fd1a10c3caf6f42');
INSERT INTO "ledger_entries" VALUES('storm-2018',5,'P0000','1','inc-86edd07d92e1adb2ba951df5',3,'draft_made','SCREENED','CLAIM_DRAFT','system','{"decision":"open_draft"}','2018-10-12T06:00:00.000000Z','8ca1795111e7ccef03922d63f945d2b4325caa2dbe67c4957fd1a10c3caf6f42','c8c4077f31026d74b90afeda47c514306c11277f41637a7a2d5f8a288b09f551');
INSERT INTO "ledger_entries" VALUES('storm-2018',6,'P0001','1','inc-938b8c8adfce4517612aece8',1,'detected',NULL,'DETECTED','system','{"building_id":"b-1","coverage_reasons":["in_force","peril_covered"],"coverage_result":"pass","decision":"review","decision_reasons":["severe_damage"],"hazard_basis":"track","model_sha256":"abababababababababababababababababababababababababababababababab","p_damage":0.97,"p_destroyed":0.8,"p_major":0.15,"p_minor":0.03,"p_no_damage":0.02,"p_severe":0.95,"post_captured_at_utc":"2018-10-11T16:30:00.000000Z","post_scene_id":"post-1","pre_captured_at_utc":"2018-01-01T16:00:00.000000Z","pre_scene_id":"pre-1","prior_damage":0.6,"status":"graded","status_reason":"clear","tier":"T3"}','2018-10-12T06:00:00.000000Z','c8c4077f31026d74b90afeda47c514306c11277f41637a7a2d5f8a288b09f551','d5081b6bb479f15a47b0e1679f412539904c60eeff3bb4e11ce062ef10a79eed');
INSERT INTO "ledger_entries" VALUES('storm-2018',7,'P0001','1','inc-938b8c8adfce4517612aece8',2,'screened','DETECTED','SCREENED','system','{"decision":"review"}','2018-10-12T06:00:00.000000Z','d5081b6bb479f15a47b0e1679f412539904c60eeff3bb4e11ce062ef10a79eed','4b3557b9e208b1ab0959cfe709a46516737310cb7b7fc277d20e94b17a463c75');
INSERT INTO "ledger_entries" VALUES('storm-2018',8,'P0002','1','inc-a9ba06968aee98fbe8e4a066',1,'detected',NULL,'DETECTED','system','{"building_id":"b-2","coverage_reasons":["in_force","peril_covered"],"coverage_result":"pass","decision":"outreach","decision_reasons":["severe_damage"],"hazard_basis":"track","model_sha256":"abababababababababababababababababababababababababababababababab","p_damage":0.97,"p_destroyed":0.8,"p_major":0.15,"p_minor":0.03,"p_no_damage":0.02,"p_severe":0.95,"post_captured_at_utc":"2018-10-11T16:30:00.000000Z","post_scene_id":"post-1","pre_captured_at_utc":"2018-01-01T16:00:00.000000Z","pre_scene_id":"pre-1","prior_damage":0.6,"status":"graded","status_reason":"clear","tier":"T2"}','2018-10-12T06:00:00.000000Z','4b3557b9e208b1ab0959cfe709a46516737310cb7b7fc277d20e94b17a463c75','0d00effd7cbf60e647497b484dac771f65805817ccc75f89d9718b8a42aa1461');
INSERT INTO "ledger_entries" VALUES('storm-2018',9,'P0002','1','inc-a9ba06968aee98fbe8e4a066',2,'screened','DETECTED','SCREENED','system','{"decision":"outreach"}','2018-10-12T06:00:00.000000Z','0d00effd7cbf60e647497b484dac771f65805817ccc75f89d9718b8a42aa1461','8ea9c66c41a5682ef79a951294e978eb3681e0cfb1e71568f17d50f8a7e3443e');
INSERT INTO "ledger_entries" VALUES('storm-2018',10,'P0002','1','inc-a9ba06968aee98fbe8e4a066',3,'outreach_queued','SCREENED','OUTREACH','system','{"decision":"outreach"}','2018-10-12T06:00:00.000000Z','8ea9c66c41a5682ef79a951294e978eb3681e0cfb1e71568f17d50f8a7e3443e','878606d6642896e58369721d9ee62c26d7a0d08a29d4e1b840d1359a837b619c');
INSERT INTO "ledger_entries" VALUES('storm-2018',11,'P0001','1','inc-938b8c8adfce4517612aece8',3,'human_reviewed','SCREENED','HUMAN_REVIEWED','staff-7','{"note":"older loss"}','2018-10-12T11:00:00.000000Z','878606d6642896e58369721d9ee62c26d7a0d08a29d4e1b840d1359a837b619c','84e9e90e0a6523ab727601e7740b3fa334a9bc4de3bcfdeadbfae6d36df11dd5');
INSERT INTO "ledger_entries" VALUES('storm-2018',12,'P0002','1','inc-a9ba06968aee98fbe8e4a066',4,'reassessed','OUTREACH','OUTREACH','system','{"building_id":"b-2","coverage_reasons":["in_force","peril_covered"],"coverage_result":"pass","decision":"outreach","decision_reasons":["severe_damage"],"hazard_basis":"track","model_sha256":"abababababababababababababababababababababababababababababababab","p_damage":0.97,"p_destroyed":0.8,"p_major":0.15,"p_minor":0.03,"p_no_damage":0.02,"p_severe":0.95,"post_captured_at_utc":"2018-10-11T16:30:00.000000Z","post_scene_id":"post-1","pre_captured_at_utc":"2018-01-01T16:00:00.000000Z","pre_scene_id":"pre-1","prior_damage":0.6,"status":"graded","status_reason":"clear","tier":"T3"}','2018-10-13T06:00:00.000000Z','84e9e90e0a6523ab727601e7740b3fa334a9bc4de3bcfdeadbfae6d36df11dd5','0805a42bc09422ba67d88b70c5bbe5e2229fa7fda908e53f403d0672d486a62a');
INSERT INTO "ledger_entries" VALUES('fire-2018',1,'P0000','1','inc-4361c2bcac78b9527ad1ec54',1,'detected',NULL,'DETECTED','system','{"building_id":"b-1","coverage_reasons":["in_force","peril_covered"],"coverage_result":"pass","decision":"open_draft","decision_reasons":["severe_damage"],"hazard_basis":"track","model_sha256":"abababababababababababababababababababababababababababababababab","p_damage":0.97,"p_destroyed":0.8,"p_major":0.15,"p_minor":0.03,"p_no_damage":0.02,"p_severe":0.95,"post_captured_at_utc":"2018-10-11T16:30:00.000000Z","post_scene_id":"post-1","pre_captured_at_utc":"2018-01-01T16:00:00.000000Z","pre_scene_id":"pre-1","prior_damage":0.6,"status":"graded","status_reason":"clear","tier":"T4"}','2018-10-12T06:00:00.000000Z','0000000000000000000000000000000000000000000000000000000000000000','f6a11d147a14c09dda4260734fad6bf43ea340f81a5d1f5f6a03be207b7a8ffc');
INSERT INTO "ledger_entries" VALUES('fire-2018',2,'P0000','1','inc-4361c2bcac78b9527ad1ec54',2,'screened','DETECTED','SCREENED','system','{"decision":"open_draft"}','2018-10-12T06:00:00.000000Z','f6a11d147a14c09dda4260734fad6bf43ea340f81a5d1f5f6a03be207b7a8ffc','543517f8658461d444729f733bf3e1759b91a7b67a4b6bb14a743ce7c08ba0a0');
INSERT INTO "ledger_entries" VALUES('fire-2018',3,'P0000','1','inc-4361c2bcac78b9527ad1ec54',3,'draft_made','SCREENED','CLAIM_DRAFT','system','{"decision":"open_draft"}','2018-10-12T06:00:00.000000Z','543517f8658461d444729f733bf3e1759b91a7b67a4b6bb14a743ce7c08ba0a0','409f6befd0543aaef81668d5eccbbd01db82964cbc01448caafd3b5c726f8dae');
CREATE TABLE ledger_heads (
	event_id TEXT NOT NULL, 
	entry_count BIGINT NOT NULL, 
	last_hash TEXT NOT NULL, 
	PRIMARY KEY (event_id)
);
INSERT INTO "ledger_heads" VALUES('storm-2018',12,'0805a42bc09422ba67d88b70c5bbe5e2229fa7fda908e53f403d0672d486a62a');
INSERT INTO "ledger_heads" VALUES('fire-2018',3,'409f6befd0543aaef81668d5eccbbd01db82964cbc01448caafd3b5c726f8dae');
CREATE UNIQUE INDEX uq_ledger_detected ON ledger_entries (event_id, policy_number, location_number) WHERE entry_kind = 'detected';
CREATE TRIGGER ledger_entries_no_update BEFORE UPDATE ON ledger_entries
    BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;
CREATE TRIGGER ledger_entries_no_delete BEFORE DELETE ON ledger_entries
    BEGIN SELECT RAISE(ABORT, 'ledger_entries is append-only'); END;
CREATE TRIGGER ledger_heads_no_delete BEFORE DELETE ON ledger_heads
    BEGIN SELECT RAISE(ABORT, 'ledger_heads only grows'); END;
CREATE TRIGGER ledger_heads_only_grow BEFORE UPDATE ON ledger_heads
    WHEN NEW.event_id <> OLD.event_id OR NEW.entry_count <= OLD.entry_count
    BEGIN SELECT RAISE(ABORT, 'ledger_heads only grows'); END;
CREATE TRIGGER ledger_anchor_no_delete BEFORE DELETE ON ledger_anchor
    BEGIN SELECT RAISE(ABORT, 'ledger_anchor only grows'); END;
CREATE TRIGGER ledger_anchor_only_grows BEFORE UPDATE ON ledger_anchor
    WHEN NEW.anchor_id <> OLD.anchor_id OR NEW.entry_count <= OLD.entry_count
    BEGIN SELECT RAISE(ABORT, 'ledger_anchor only grows'); END;
COMMIT;
